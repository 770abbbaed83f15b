import { answer } from '../ports/store.js';

export const copy = answer;
