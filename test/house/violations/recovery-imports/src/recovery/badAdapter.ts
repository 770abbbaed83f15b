import { answer } from '../adapters/minio/store.js';

export const copy = answer;
