import type { Shape } from '../contract/views.js';

export type Copy = Shape;
