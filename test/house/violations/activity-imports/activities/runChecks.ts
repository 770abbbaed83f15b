import { heartbeat } from '@temporalio/activity';
import { readFileSync } from 'node:fs';
import type { Shape } from '../src/ports/store.js';

export const runChecks = (shape: Shape) => heartbeat([shape, readFileSync]);
