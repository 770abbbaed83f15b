import type { Shape } from '../src/ports/store.js';

export type Copy = Shape;
