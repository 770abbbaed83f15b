import { answer } from '../activities/index.js';

export const copy = answer;
