import type { Shape } from '../ports/store.js';

export type Copy = Shape;
