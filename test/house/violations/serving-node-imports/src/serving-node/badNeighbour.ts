import { answer } from '../signer/start.js';

export const copy = answer;
