import { answer } from '../server/api.js';

export const copy = answer;
