import { answer } from '../contract/spec.js';

export const copy = answer;
