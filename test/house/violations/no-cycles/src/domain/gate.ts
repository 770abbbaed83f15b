import { answer } from './badOne.js';

export const copy = answer;
