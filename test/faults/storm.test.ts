import { describeStorm } from '../workflows/storm.js';

// More than the engine takes for one run: it refuses some, and their senders hear so.
void describeStorm(12_000);
