import { answer } from './gate.js';

export const copy = answer;
