import { readFile } from 'node:fs/promises';
import { answer } from '../adapters/minio/store.js';

export const copy = [readFile, answer];
