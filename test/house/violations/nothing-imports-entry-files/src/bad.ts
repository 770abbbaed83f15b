import { answer } from './worker.js';

export const copy = answer;
