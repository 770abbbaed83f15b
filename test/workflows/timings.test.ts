import { describeTimings } from './timings.js';

void describeTimings({ decisions: 60, seed: 7 });
