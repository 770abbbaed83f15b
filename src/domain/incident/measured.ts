import { GLASS_INCIDENT } from '../urgency/breakGlass.js';

/** What runs is not what should run, or cannot be asked. */
export const TARGET_INCIDENT = 'deployment_drift';

/**
 * Was the problem found in a window of production data? Such a problem may be repaired by its incident. What people did is
 * over when a person says so; and what a target runs is put right by its arbiter.
 */
export const isMeasured = (kind: string): boolean => kind !== GLASS_INCIDENT && kind !== TARGET_INCIDENT;
