import { answer } from '../git/repository.js';

export const copy = answer;
