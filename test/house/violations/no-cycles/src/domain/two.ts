import { one } from './badOne.js';

export const copy = one;
export const answer = 2;
