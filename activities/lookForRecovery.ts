import type { FindingKind } from '../src/domain/drift/types.js';
import { TARGET_INCIDENT } from '../src/domain/incident/measured.js';
import { sayRetired } from '../src/domain/environment/retire.js';
import { retirementOnRecord } from '../src/domain/environment/retirementWord.js';
import { environmentId } from '../workflows/messages.js';
import { compareTarget, type Comparison } from './lookAtTarget.js';
import { readReportIndexes, type ReportIndex } from './driftReportFiles.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

export interface LookForRecoveryInput {
  readonly model: string;
  readonly environment: string;
  readonly kind: string;
  readonly subject: string;
  /** Start of the newest window with a finding, event time. */
  readonly after: number;
}

export interface Recovery {
  readonly recovered: boolean;
  readonly reason: string;
}

/**
 * Is a problem gone? Only where a later window was measured and is sound in exactly this respect: a window without
 * enough data, or one that was never measured, proves nothing.
 */
export const createLookForRecovery =
  (ports: Ports) =>
  async ({ model, environment, kind, subject, after }: LookForRecoveryInput): Promise<Recovery> => {
    const retired = retirementOnRecord(await readChain(ports, environmentId(model, environment)));
    if (retired !== undefined) return { recovered: true, reason: `${model} was ${sayRetired(retired)}` };
    if (kind === TARGET_INCIDENT) return recoveryOf(await compareTarget(ports, { model, environment }));
    const later = (await readReportIndexes(ports.store, model, environment, after)).filter(
      (index) => index.window.start > after,
    );
    const newest = later.filter((index) => soundness(index, kind as FindingKind, subject) !== 'unknown').at(-1);
    if (newest === undefined) return { recovered: false, reason: 'no later window says anything about it yet' };
    const day = new Date(newest.window.start).toISOString().slice(0, 16);
    return soundness(newest, kind as FindingKind, subject) === 'sound'
      ? { recovered: true, reason: `the window from ${day} is sound again` }
      : { recovered: false, reason: `the window from ${day} has the same problem` };
  };

/** A passage under way says nothing yet. */
const recoveryOf = ({ kind, reason }: Comparison): Recovery => ({ recovered: kind === 'agrees', reason });

const soundness = (index: ReportIndex, kind: FindingKind, subject: string): 'sound' | 'found' | 'unknown' => {
  if (index.findings.some((finding) => finding.kind === kind && finding.subject === subject)) return 'found';
  const verdict = kind === 'performance' ? index.performance : kind === 'prediction' ? index.prediction : index.verdict;
  if (kind === 'performance' || kind === 'prediction') return verdict === 'pass' ? 'sound' : 'unknown';
  return verdict === 'insufficient_data' || verdict === 'error' ? 'unknown' : 'sound';
};
