import { answer } from './two.js';

export const copy = answer;
export const one = 1;
