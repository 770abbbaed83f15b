import type { Shape } from '../adapters/minio/store.js';

export type Copy = Shape;
