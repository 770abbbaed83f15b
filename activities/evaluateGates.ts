import type { Digest } from '../src/domain/artifact/types.js';
import { combineGates } from '../src/domain/gate/combineGates.js';
import { evaluateGate } from '../src/domain/gate/evaluateGate.js';
import { pairBlocks } from '../src/domain/gate/pairBlocks.js';
import type { GateEvidence, GateResult } from '../src/domain/gate/types.js';
import { binaryMetrics } from '../src/domain/statistics/binaryMetrics.js';
import type { Spec } from '../src/domain/spec/types.js';
import { withArtifactFiles, type ArtifactFiles } from './artifactContents.js';
import { environmentState } from './environmentState.js';
import { getJson, putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';
import type { StageEvidence } from './smokeTest.js';

export interface EvaluateGatesInput {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  readonly specDigest: Digest;
  readonly gates: readonly string[];
  /** The environment whose champion is the one to beat. */
  readonly championOf: string;
}

/**
 * Holds an artifact to its gates. The metrics are Slipway's own: it predicts the held-out rows itself, with the
 * candidate and with the champion, in a process apart; what the trainer says of itself is not looked at.
 */
export const createEvaluateGates =
  (ports: Ports) =>
  (input: EvaluateGatesInput): Promise<StageEvidence> =>
    whileHeartbeating(async () => {
      const spec = await getJson<Spec>(ports.store, input.specDigest);
      const champion = (await environmentState(ports, `environment/${input.model}/${input.championOf}`))?.champion;
      const evidence = await withArtifactFiles(ports, input.artifactDigest, (files) =>
        gather(ports, spec, files, champion?.artifactDigest),
      );
      const results = input.gates.map((name): GateResult => {
        const gate = spec.gates.find((candidate) => candidate.name === name);
        if (gate === undefined)
          return { gate: name, verdict: 'error', reason: `slipway.yaml has no gate ${name}`, rules: [] };
        return evaluateGate(gate, evidence);
      });
      const { verdict, reason } = combineGates(results);
      const digest = await putJson(ports.store, {
        kind: 'gate',
        environment: input.environment,
        artifactDigest: input.artifactDigest,
        champion: champion?.artifactDigest ?? null,
        evidence,
        results,
        verdict,
        reason,
      });
      return { verdict, reason, evidence: digest };
    });

const gather = async (
  ports: Ports,
  spec: Spec,
  files: ArtifactFiles,
  championDigest: Digest | undefined,
): Promise<GateEvidence> => {
  const { features, prediction, label, eventTime } = spec.signature;
  const columns = await ports.tables.read(files.evaluation, [
    ...features.map((feature) => feature.name),
    label,
    eventTime,
  ]);
  const labels = (columns[label] ?? []).map(Number);
  const times = (columns[eventTime] ?? []).map(Number);
  const candidate = await ports.inference.predict(files.model, features, prediction, columns);
  const own = {
    rows: labels.length,
    positives: labels.filter((value) => value === 1).length,
    metrics: binaryMetrics(candidate, labels),
  };
  if (championDigest === undefined) return own;
  // The champion predicts the candidate's rows with its own signature: a feature that it does not find is missing.
  return withArtifactFiles(ports, championDigest, async (theirs) => {
    const champion = await ports.inference.predict(
      theirs.model,
      theirs.signature.features,
      theirs.signature.prediction,
      columns,
    );
    return {
      ...own,
      champion: {
        artifactDigest: championDigest,
        metrics: binaryMetrics(champion, labels),
        paired: {
          brier: pairBlocks('brier', times, labels, candidate, champion),
          log_loss: pairBlocks('log_loss', times, labels, candidate, champion),
        },
      },
    };
  });
};
