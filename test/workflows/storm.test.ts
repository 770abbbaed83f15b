import { describeStorm } from './storm.js';

void describeStorm(2_000);
