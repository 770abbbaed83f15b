import type { Store } from '../ports/store.js';
import { answer } from '../../workflows/starts.js';

export const copy = (store: Store) => [store, answer];
