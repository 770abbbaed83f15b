import { answer } from '../src/contract/spec.js';

export const copy = answer;
