import { sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { answer } from '../src/domain/gate.js';

export const release = (_activities: Activities) => sleep(answer);
