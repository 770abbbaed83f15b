import { answer } from '../adapters/git/repository.js';

export const copy = answer;
