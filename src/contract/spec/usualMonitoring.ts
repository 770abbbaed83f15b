import type { MonitoringSpec } from '../../domain/spec/types.js';
import { monitoring } from './monitoring.js';
import { toMonitoring } from './toSpec.js';

/** How an environment is watched whose `monitoring` says nothing else. */
export const usualMonitoring = (): MonitoringSpec => toMonitoring(monitoring.parse({}));
