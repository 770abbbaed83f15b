import { answer } from '../serving-node/start.js';

export const copy = answer;
