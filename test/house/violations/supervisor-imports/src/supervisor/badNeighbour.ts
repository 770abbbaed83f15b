import { answer } from '../model-server/start.js';

export const copy = answer;
