import type { Shape } from '../../workflows/index.js';

export type Copy = Shape;
