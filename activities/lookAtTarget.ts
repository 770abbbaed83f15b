import type { Digest } from '../src/domain/artifact/types.js';
import { judgeTarget, type TargetJudgement } from '../src/domain/environment/judgeTarget.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Place } from '../src/domain/hold/types.js';
import type { TargetState } from '../src/domain/rollout/types.js';
import { environmentId } from '../workflows/messages.js';
import { readSpec } from './artifactContents.js';
import { putJson } from './documents.js';
import { environmentState } from './environmentState.js';
import type { Ports } from './ports.js';

/** What is needed to tell somebody. */
interface Told {
  readonly at: number;
  readonly owners: readonly string[];
  readonly report: Digest;
  readonly artifactDigest: Digest;
}

export type TargetLook =
  | Extract<TargetJudgement, { kind: 'agrees' | 'busy' }>
  | (Extract<TargetJudgement, { kind: 'drifted' }> & Told)
  | ({ readonly kind: 'unreachable'; readonly reason: string } & Told);

const NOTHING: Digest = `sha256:${'0'.repeat(64)}`;

/** Asks the arbiter what should run and the target what does. A target that cannot be asked is a finding, and no failure. */
export const createLookAtTarget =
  (ports: Ports) =>
  async (place: Place): Promise<TargetLook> => {
    const found = await compareTarget(ports, place);
    if (found.kind === 'agrees' || found.kind === 'busy') return found;
    const { state, observed, ...judged } = found;
    const at = Date.now();
    const { champion } = state;
    return {
      ...judged,
      at,
      owners: champion === undefined ? [] : await ownersOf(ports, champion.artifactDigest),
      report: await putJson(ports.store, { ...place, ...judged, at, epoch: state.epoch, champion, observed }),
      artifactDigest: champion?.artifactDigest ?? NOTHING,
    };
  };

/** An artifact that nobody can read is one reason more to tell somebody: on call, then. */
const ownersOf = async ({ store }: Ports, artifactDigest: Digest): Promise<readonly string[]> => {
  try {
    return (await readSpec(store, artifactDigest)).owners;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.retryable) throw error;
    return [];
  }
};

interface Compared {
  readonly state: EnvironmentState;
  readonly observed?: TargetState;
}

export type Comparison =
  | Extract<TargetJudgement, { kind: 'agrees' | 'busy' }>
  | (Extract<TargetJudgement, { kind: 'drifted' }> & Compared)
  | ({ readonly kind: 'unreachable'; readonly reason: string } & Compared);

export const compareTarget = async (ports: Ports, { model, environment }: Place): Promise<Comparison> => {
  const arbiter = (): Promise<EnvironmentState | undefined> =>
    environmentState(ports, environmentId(model, environment));
  const state = await arbiter();
  if (state === undefined) return { kind: 'busy', reason: 'it has no arbiter' };
  let observed: TargetState | undefined;
  try {
    observed = await ports.target(environment).observe(model, environment);
  } catch (error) {
    if (!(error instanceof SlipwayError) || !UNASKABLE.has(error.code)) throw error;
    // Nobody may be told of a target that an environment without a model does not reach.
    if (state.champion === undefined) return { kind: 'busy', reason: `nothing should run: ${error.message}` };
    return { kind: 'unreachable', reason: `${error.code}: ${error.message}`, state };
  }
  // Between the two questions a passage may have begun, or ended.
  const later = await arbiter();
  if (later?.epoch !== state.epoch) return { kind: 'busy', reason: 'a passage began meanwhile' };
  const judged = judgeTarget(later, observed);
  if (judged.kind !== 'drifted') return judged;
  return { ...judged, state: later, ...(observed === undefined ? {} : { observed }) };
};

const UNASKABLE: ReadonlySet<string> = new Set(['target_unreachable', 'target_answer_invalid', 'unknown_environment']);
