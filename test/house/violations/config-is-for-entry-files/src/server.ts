import { answer } from './config/load.js';

export const copy = answer;
