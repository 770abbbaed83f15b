import { describeRandomDecisions } from './randomDecisions.js';

void describeRandomDecisions(12, 1);
