import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { askedRoles, judgeMetric, type MetricMeasurement } from '../src/domain/rollout/judgeMetric.js';
import { unreadable, type MetricReading } from '../src/domain/rollout/metricReading.js';
import { SHIFTED } from '../src/domain/rollout/shareOf.js';
import type { AnalysisMetric } from '../src/domain/spec/analysisMetrics.js';
import { rolloutId } from '../workflows/messages.js';
import { askCommand } from './commandMetrics.js';
import type { MeasuredStep } from './measuredStep.js';
import { measureQuality } from './measureQuality.js';
import type { Ports } from './ports.js';
import { readChain } from './onRecord.js';
import { withoutSecrets } from './withoutSecrets.js';

export interface MeasuredMetrics {
  readonly measurements: readonly MetricMeasurement[];
  /** Measurements that decide nothing. */
  readonly shown: readonly MetricMeasurement[];
  /** What was read, and of when; nothing where nothing was asked. */
  readonly evidence: {
    readonly metrics?: {
      readonly since: number;
      readonly until: number;
      readonly readings: readonly { readonly name: string; readonly readings: readonly MetricReading[] }[];
    };
  };
}

const NOTHING: MeasuredMetrics = { measurements: [], shown: [], evidence: {} };

/**
 * The metrics that a slipway.yaml declares of a canary, each of both versions on the same interval: since this step's
 * traffic was shifted. Where the target's own counts say too little, or enough to go back, nobody is asked.
 */
export const measureMetrics = async (
  ports: Ports,
  step: MeasuredStep,
  signal: AbortSignal,
): Promise<MeasuredMetrics> => {
  const metrics = step.analysis.metrics ?? [];
  const asksNobody = metrics.length === 0 && step.analysis.quality === undefined;
  if (asksNobody || (step.verdict !== 'pass' && step.verdict !== 'inconclusive')) return NOTHING;
  const until = Date.now();
  const since = step.measured.acceptedAt ?? (await shiftedAt(ports, step)) ?? until;
  const versions = versionsOf(step);
  const asked: { readonly name: string; readonly readings: readonly MetricReading[] }[] = [];
  const measurements: MetricMeasurement[] = [];
  // One after the other: they are the operator's servers, and this is no race.
  for (const metric of metrics) {
    const from = metric.intervalMs === undefined ? since : Math.max(since, until - metric.intervalMs);
    const roles = askedRoles(metric, versions.length > 1);
    const about = { since: from, until, versions: versions.filter(({ role }) => roles.includes(role)) };
    const readings = await askFor(ports, step, metric, about, signal);
    const [candidate = unreadable('nothing was answered'), champion] = readings;
    measurements.push(...judgeMetric(metric, { candidate, ...(champion === undefined ? {} : { champion }) }));
    asked.push({ name: metric.name, readings });
  }
  const quality = await measureQuality(ports, step, { since, until, versions }, signal);
  measurements.push(...quality.counted);
  return { measurements, shown: quality.shown, evidence: { metrics: { since, until, readings: asked } } };
};

interface Asked {
  readonly since: number;
  readonly until: number;
  readonly versions: readonly { readonly role: 'candidate' | 'champion'; readonly version: string }[];
}

/** On a step of 100 % the champion answers nothing that could be measured. */
const versionsOf = ({ candidate, champion, step }: MeasuredStep): Asked['versions'] => [
  { role: 'candidate', version: hexOf(candidate) },
  ...(champion === undefined || champion === candidate || step.weight >= 100
    ? []
    : [{ role: 'champion' as const, version: hexOf(champion) }]),
];

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

const askFor = async (
  ports: Ports,
  { model, environment, candidate }: MeasuredStep,
  { query, timeoutMs }: AnalysisMetric,
  asked: Asked,
  signal: AbortSignal,
): Promise<readonly MetricReading[]> => {
  const about = { model, environment, ...asked, timeoutMs };
  try {
    const secret =
      'secret' in query && query.secret !== undefined ? await ports.secrets.read(model, query.secret) : undefined;
    const given = secret === undefined ? about : { ...about, secret };
    switch (query.kind) {
      case 'prometheus':
        return shown(await ports.metrics.prometheus.ask({ ...given, query }, signal), secret);
      case 'http':
        return shown(await ports.metrics.http.ask({ ...given, query }, signal), secret);
      case 'sql':
        return await ports.metrics.sql.ask({ ...about, query }, signal);
      case 'command':
        return await askCommand(ports, candidate, { ...about, query }, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    // What the operator refuses another look does not change; a store or a host that is away it may.
    if (!(error instanceof SlipwayError) || error.code !== 'secret_refused') throw error;
    return asked.versions.map(() => unreadable(error.message));
  }
};

/** A server may answer with what it was sent. */
const shown = (readings: readonly MetricReading[], secret: string | undefined): readonly MetricReading[] =>
  secret === undefined
    ? readings
    : readings.map((one) => (one.kind === 'value' ? one : { ...one, reason: withoutSecrets(one.reason, [secret]) }));

/** Where the target was started again since, and has forgotten: when the shift was written down. */
const shiftedAt = async (ports: Ports, { model, environment, fence }: MeasuredStep): Promise<number | undefined> => {
  const entries = await readChain(ports, rolloutId(model, environment, fence.epoch));
  return entries.findLast(({ kind }) => kind === SHIFTED)?.at;
};
