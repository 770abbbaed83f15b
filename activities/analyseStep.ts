import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { analyseStep } from '../src/domain/rollout/analyseStep.js';
import type { Fence, StepAnalysis } from '../src/domain/rollout/types.js';
import type { AnalysisSpec, CanaryStepSpec } from '../src/domain/spec/types.js';
import { readReferences } from './artifactContents.js';
import { putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

export interface AnalyseStepInput {
  readonly model: string;
  readonly environment: string;
  readonly fence: Fence;
  readonly index: number;
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
  readonly candidate: Digest;
  readonly champion?: Digest;
}

/** Champion against candidate on the same interval: since this step's traffic was shifted. */
export const createAnalyseStep =
  (ports: Ports) =>
  (input: AnalyseStepInput): Promise<StepAnalysis> =>
    whileHeartbeating(async () => {
      const measured = await ports.target(input.environment).measure(input.model, input.environment);
      if (measured.since.epoch !== input.fence.epoch || measured.since.seq !== input.fence.seq) {
        throw new SlipwayError(
          'stale_command',
          `${input.environment} counts since ${measured.since.epoch}.${measured.since.seq}, not since ${input.fence.epoch}.${input.fence.seq}`,
        );
      }
      const of = (digest: Digest | undefined) =>
        measured.counters.find((counters) => counters.artifactDigest === digest);
      const analysis = analyseStep({
        index: input.index,
        step: input.step,
        analysis: input.analysis,
        candidate: of(input.candidate),
        champion: of(input.champion),
        references: await readReferences(ports.store, input.candidate),
        ...(input.champion === undefined
          ? {}
          : { championReferences: await readReferences(ports.store, input.champion) }),
        ...(input.champion === undefined
          ? {}
          : { championReferences: await readReferences(ports.store, input.champion) }),
      });
      await putJson(ports.store, { kind: 'canary', input, measured, analysis });
      return analysis;
    });
