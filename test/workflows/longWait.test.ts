import { describeLongWait } from './longWait.js';

void describeLongWait(600);
