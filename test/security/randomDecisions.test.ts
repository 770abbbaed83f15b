import { describeRandomDecisions } from '../workflows/randomDecisions.js';

void describeRandomDecisions(200, 29);
