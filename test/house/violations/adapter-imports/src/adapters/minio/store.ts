import { Client } from 'minio';
import type { Shape } from '../../ports/store.js';
import { answer } from './parts.js';

export const store = (shape: Shape) => [shape, Client, answer];
