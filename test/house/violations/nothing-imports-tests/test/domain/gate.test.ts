import { answer } from '../fakes/store.js';

export const copy = answer;
