import { describeTimings } from '../workflows/timings.js';

void describeTimings({ decisions: 1_000, seed: 29 });
