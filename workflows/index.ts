/** The only list of workflows: every export here can be started. */
export { driftWatch } from './driftWatch.js';
export { environment } from './environment.js';
export { incident } from './incident.js';
export { release } from './release.js';
export { rollout } from './rollout.js';
export { sourceWatch } from './sourceWatch.js';
export { targetWatch } from './targetWatch.js';
