import { answer } from '../src/config/load.js';

export const copy = answer;
