import type { Activities } from '../activities/index.js';

export type Copy = Activities;
