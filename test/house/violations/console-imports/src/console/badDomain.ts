import { answer } from '../domain/gate.js';

export const copy = answer;
