/** The only list of workflows: every export here can be started. */
export { environment } from './environment.js';
export { release } from './release.js';
export { rollout } from './rollout.js';
