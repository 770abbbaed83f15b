import { answer } from './nowhere.js';

export const copy = answer;
