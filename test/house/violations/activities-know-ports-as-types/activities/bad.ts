import { answer } from '../src/ports/store.js';

export const copy = answer;
