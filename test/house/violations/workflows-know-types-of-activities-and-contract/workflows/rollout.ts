import type { Shape } from '../src/contract/spec.js';

export type Copy = Shape;
