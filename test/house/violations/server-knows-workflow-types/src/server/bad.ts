import { answer } from '../../workflows/index.js';

export const copy = answer;
