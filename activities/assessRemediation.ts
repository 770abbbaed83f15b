import type { Digest, Version } from '../src/domain/artifact/types.js';
import type { DriftReport } from '../src/domain/drift/types.js';
import { rowsOfVersion, type WindowRows } from '../src/domain/drift/windowRows.js';
import { beginsAtDeploy } from '../src/domain/incident/beginsAtDeploy.js';
import { compareOnWindow } from '../src/domain/incident/compareOnWindow.js';
import { decideRemediation, type RemediationGuards } from '../src/domain/incident/decideRemediation.js';
import { cooldownEnds, retrainLostOn, type RemediationMemory } from '../src/domain/incident/remediationMemory.js';
import type { IncidentFinding, RemediationDecision, RemediationEvidence } from '../src/domain/incident/types.js';
import type { FeatureSpec, MonitoringSpec } from '../src/domain/spec/types.js';
import { readSignature, withArtifactFiles } from './artifactContents.js';
import { getJson, putJson } from './documents.js';
import { readReportIndexes, type ReportIndex } from './driftReportFiles.js';
import { environmentState } from './environmentState.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';
import { readRemediations } from './remediationMemory.js';

export interface AssessRemediationInput {
  readonly model: string;
  readonly environment: string;
  readonly incidentId: string;
  readonly finding: IncidentFinding;
  readonly monitoring: MonitoringSpec;
  /** Retrains that this incident started. */
  readonly retrainsDone: number;
}

export interface RemediationAssessment {
  readonly decision: RemediationDecision;
  /** Digest of what it was decided on. */
  readonly evidence: Digest;
  readonly serving?: Version;
  readonly previous?: Version;
  /** End of the newest window with mature labels, event time. */
  readonly dataUntil: number;
  /** When it is worth asking again, epoch milliseconds: nothing but the cooldown was looked at. */
  readonly againAt?: number;
}

const CONFIDENCE = 0.95;

/**
 * What could be done about a finding: the rows that production logged in its window go through the serving and the
 * earlier version again, and are scored on the labels that arrived since. Decided here, so that a later version of
 * the rules does not change what an incident that is under way decided.
 */
export const createAssessRemediation =
  (ports: Ports) =>
  (input: AssessRemediationInput): Promise<RemediationAssessment> =>
    whileHeartbeating(async () => {
      const { model, environment, finding, monitoring } = input;
      const state = await environmentState(ports, `environment/${model}/${environment}`);
      const serving = state?.champion;
      const indexes = await readReportIndexes(ports.store, model, environment);
      const dataUntil = Math.max(
        0,
        ...indexes.filter((index) => index.phase === 'complete').map((index) => index.window.end),
      );
      if (serving === undefined || serving.artifactDigest !== finding.artifactDigest) {
        const decision: RemediationDecision = {
          action: 'none',
          reason: 'the version that was measured serves no more',
        };
        return { decision, evidence: await putJson(ports.store, { kind: 'remediation', input, decision }), dataUntil };
      }
      const report = await getJson<DriftReport>(ports.store, finding.report);
      const replay = await replayWindow(ports, input, serving.artifactDigest, state?.previous?.artifactDigest);
      const evidence: RemediationEvidence = {
        window: finding.window,
        ...replay.scores,
        qualityPassed: report.quality.every((check) => check.verdict !== 'fail'),
        beginsAtDeploy: beginsAtDeploy(serving.artifactDigest, indexes.map(judgedOf)),
      };
      const memory = await readRemediations(ports.store, model, environment);
      const guards = guardsOf(input, memory, serving.artifactDigest, dataUntil, state?.previous !== undefined);
      const decision = decide(evidence, monitoring, guards, replay.unlogged);
      return {
        decision,
        evidence: await putJson(ports.store, {
          kind: 'remediation',
          input,
          serving,
          previous: state?.previous ?? null,
          evidence,
          replay,
          guards,
          decision,
        }),
        serving,
        ...(state?.previous === undefined ? {} : { previous: state.previous }),
        dataUntil,
        ...(evidence.qualityPassed && (guards.cooldownUntil ?? 0) > guards.now
          ? { againAt: guards.cooldownUntil ?? 0 }
          : {}),
      };
    });

const decide = (
  evidence: RemediationEvidence,
  monitoring: MonitoringSpec,
  guards: RemediationGuards,
  unlogged: readonly string[],
): RemediationDecision => {
  // Without their values no row can be replayed, and nothing be learned from.
  const remediation = unlogged.length === 0 ? monitoring.remediation : { ...monitoring.remediation, retrain: false };
  const decision = decideRemediation(evidence, remediation, guards);
  return unlogged.length === 0
    ? decision
    : { ...decision, reason: `${decision.reason} (not logged by value: ${unlogged.join(', ')})` };
};

const guardsOf = (
  { monitoring, retrainsDone }: AssessRemediationInput,
  memory: RemediationMemory | undefined,
  serving: Digest,
  dataUntil: number,
  previousExists: boolean,
): RemediationGuards => {
  const cooldownUntil = cooldownEnds(memory, monitoring.remediation.cooldownMs);
  return {
    now: Date.now(),
    retrainsDone,
    retrainLost: retrainLostOn(memory, serving, dataUntil),
    previousExists,
    minLabelled: monitoring.minRows,
    ...(cooldownUntil === undefined ? {} : { cooldownUntil }),
  };
};

const judgedOf = (index: ReportIndex): Parameters<typeof beginsAtDeploy>[1][number] => ({
  artifactDigest: index.artifactDigest,
  window: index.window,
  performance: { verdict: index.performance },
});

interface Replay {
  readonly scores: Pick<RemediationEvidence, 'labelled' | 'current' | 'previous' | 'difference'>;
  readonly rows: number;
  /** Largest difference between what the serving version says now and what it answered then. */
  readonly furthestFromLog?: number;
  /** Features whose values are not in the log. */
  readonly unlogged: readonly string[];
}

const replayWindow = async (
  ports: Ports,
  input: AssessRemediationInput,
  serving: Digest,
  previous: Digest | undefined,
): Promise<Replay> => {
  const { model, environment, finding, monitoring } = input;
  const features = await featuresOf(ports, serving, previous);
  const logged = await ports.log.read(model, environment, finding.window, features);
  const rows = rowsOfVersion(logged, serving.slice('sha256:'.length));
  const unlogged = features.filter((feature) => feature.log !== 'value').map((feature) => feature.name);
  const labelled = rows.label.filter((label) => label === 0 || label === 1).length;
  if (unlogged.length > 0 || rows.rows === 0) return { scores: { labelled }, rows: rows.rows, unlogged };

  const again = await predict(ports, serving, rows);
  const furthestFromLog = again.reduce(
    (most, value, row) => Math.max(most, Math.abs(value - (rows.prediction[row] ?? Number.NaN)) || 0),
    0,
  );
  const about = { rows: rows.rows, furthestFromLog, unlogged };
  if (previous === undefined) return { scores: { labelled }, ...about };
  const earlier = await predict(ports, previous, rows);
  return {
    scores: compareOnWindow(
      monitoring.performance.metric,
      finding.window,
      { ...rows, prediction: again },
      earlier,
      CONFIDENCE,
    ),
    ...about,
  };
};

/** Of both versions; where they differ in a feature's type the serving one is right about what was logged. */
const featuresOf = async (
  ports: Ports,
  serving: Digest,
  previous: Digest | undefined,
): Promise<readonly FeatureSpec[]> => {
  const own = (await readSignature(ports.store, serving)).features;
  const theirs = previous === undefined ? [] : (await readSignature(ports.store, previous)).features;
  return [...own, ...theirs.filter((feature) => !own.some((known) => known.name === feature.name))];
};

const predict = (ports: Ports, artifact: Digest, rows: WindowRows): Promise<readonly number[]> =>
  withArtifactFiles(ports, artifact, ({ model, signature }) =>
    ports.inference.predict(model, signature.features, signature.prediction, rows.features),
  );
