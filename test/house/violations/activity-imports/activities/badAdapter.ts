import { answer } from '../src/adapters/minio/store.js';

export const copy = answer;
