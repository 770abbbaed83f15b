import { describeLongWait } from '../workflows/longWait.js';

void describeLongWait(5_000);
