import { answer } from '../supervisor/start.js';

export const copy = answer;
