/**
 * One drift check, started by the Schedule of an environment: measure what is due, hand over what pages somebody, and
 * only then move the watermark. A check that dies anywhere in between is repeated whole, and incidents drop repeats.
 */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { findingId } from '../src/domain/drift/findingId.js';
import { plainText } from '../src/domain/markdown/plainText.js';
import { renderMeasurement } from '../src/domain/drift/renderMeasurement.js';
import type { DriftOutcome, Finding } from '../src/domain/drift/types.js';
import type { MonitoringSpec } from '../src/domain/spec/types.js';
import { findingSignal, type DriftWatchInput, type FindingMessage } from './messages.js';
import { control, evidence } from './retry.js';
import { incidentStart } from './starts.js';

const { measureDrift } = proxyActivities<Activities>(evidence('monitor'));
const { sendMessage, moveWatermark } = proxyActivities<Activities>(control);

/** A backlog is worked off over several runs, so that one run never grows large. */
const WINDOWS_PER_RUN = 4;

export interface DriftWatchResult {
  readonly status: 'measured' | 'skipped';
  readonly reason: string;
  readonly outcomes: readonly DriftOutcome[];
}

export async function driftWatch({ model, environment }: DriftWatchInput): Promise<DriftWatchResult> {
  const measured = await measureDrift.executeWithOptions({ summary: `windows due in ${environment}` }, [
    { model, environment, most: WINDOWS_PER_RUN },
  ]);
  if (measured.kind === 'skipped') {
    const reason = `skipped: ${measured.why}: ${measured.reason}`;
    setCurrentDetails(plainText(reason));
    return { status: 'skipped', reason, outcomes: [] };
  }
  setCurrentDetails(renderMeasurement(measured.reason, measured.outcomes));
  for (const outcome of measured.outcomes) {
    for (const finding of outcome.findings.filter((candidate) => candidate.pages)) {
      await handOver({ model, environment }, outcome, finding, measured.owners, measured.monitoring);
    }
  }
  await moveWatermark.executeWithOptions({ summary: 'the windows are done' }, [
    { model, environment, due: measured.due },
  ]);
  return { status: 'measured', reason: measured.reason, outcomes: measured.outcomes };
}

/** To the incident of this problem; it is opened where there is none. */
const handOver = async (
  { model, environment }: DriftWatchInput,
  outcome: DriftOutcome,
  finding: Finding,
  owners: readonly string[],
  monitoring: MonitoringSpec,
): Promise<void> => {
  const start = incidentStart({
    model,
    environment,
    kind: finding.kind,
    subject: finding.subject,
    owner: owners[0] ?? 'oncall',
    owners,
    monitoring,
  });
  const message: FindingMessage = {
    findingId: findingId(outcome, finding),
    finding,
    report: outcome.report,
    artifactDigest: outcome.artifactDigest,
    window: outcome.window,
  };
  await sendMessage.executeWithOptions({ summary: `${finding.kind} of ${finding.subject}` }, [
    { workflowId: start.workflowId, signal: findingSignal.name, argument: message, start },
  ]);
};
