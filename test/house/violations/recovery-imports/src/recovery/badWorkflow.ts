import { answer } from '../../workflows/release.js';

export const copy = answer;
