import { ferrySpec } from '../fixtures/product.js';
import { ferries, OPENING, type FerryRow } from '../fixtures/incidents/world.js';

const FIRST_ROWS = 400;

/** One request with these rows, as the ferries' model takes them. */
export const inferFerries = (rows: readonly FerryRow[], eventTime?: number): string =>
  JSON.stringify({
    ...(eventTime === undefined ? {} : { parameters: { event_time: eventTime } }),
    inputs: (['wind', 'load'] as const).map((name) => ({
      name,
      shape: [rows.length, 1],
      datatype: 'FP32',
      data: rows.map((row) => row[name]),
    })),
  });

/** Enough rows of the usual weather that each request looks like training. */
export const usualFerries = (): string => inferFerries(ferries(OPENING, 1, FIRST_ROWS, 'usual'));

/** The fixture's slipway.yaml with a canary before production, whose limits leave room for a busy machine. */
export const canarySpec = (hold: string, more: Readonly<Record<string, string>> = {}): string =>
  ferrySpec({
    'production, approval: automatic': `production, approval: automatic, rollout: { canary: {
        steps: [{ weight: 50, hold: ${hold}, minRequests: 30 }, { weight: 100, hold: ${hold}, minRequests: 30 }],
        analysis: { maxErrorRateIncrease: 0.01, maxLatencyRatio: 50, maxPredictionDistance: 0.3, maxFeatureDistance: 0.35 } } }`,
    ...more,
  });
