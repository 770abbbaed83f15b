import { answer } from '../../test/fakes/store.js';

export const copy = answer;
