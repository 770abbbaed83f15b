import type { MonitoringSpec } from '../spec/types.js';

/** Of an incident that no drift check found: nothing measures whether it is over, and nothing repairs it. */
export const NOT_MONITORED: MonitoringSpec = {
  everyMs: 86_400_000,
  windowMs: 86_400_000,
  labelDelayMs: 0,
  minRows: 1,
  drift: { maxDistance: 1, alpha: 0.01 },
  performance: { metric: 'brier', maxIncrease: 1 },
  remediation: { rollback: false, retrain: false, cooldownMs: 0, maxRetrains: 0 },
};
