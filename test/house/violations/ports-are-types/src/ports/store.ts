import type { Shape } from '../domain/gate.js';

export type Copy = Shape;
