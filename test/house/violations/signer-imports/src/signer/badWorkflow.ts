import { answer } from '../../workflows/messages.js';

export const copy = answer;
