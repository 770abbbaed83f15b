import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { judgeSoak, lookAt, type SoakLook, type SoakVerdict } from '../src/domain/rollout/judgeSoak.js';
import { assertOwnStream } from './assertOwnStream.js';
import { putJson } from './documents.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';

export interface LookAtSoakInput {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  readonly soakMs: number;
  /** When this look was due. */
  readonly at: number;
  /** Sound looks before it, from the one at which the time began. */
  readonly looks: readonly SoakLook[];
}

export interface SoakFound {
  readonly look: SoakLook;
  readonly verdict: SoakVerdict;
  /** Of the whole time; there only once it is over, and sound. */
  readonly evidence?: Digest;
}

/** One look at a version that soaks: what the target says of it, and, when its time is over, the record of that. */
export const createLookAtSoak =
  (ports: Ports) =>
  async (input: LookAtSoakInput): Promise<SoakFound> => {
    const { releaseId, environment, artifactDigest, looks, soakMs } = input;
    assertOwnStream(releaseId);
    const look = await seen(ports, input);
    const verdict = judgeSoak(looks.at(-1), look);
    const since = looks[0]?.at ?? look.at;
    if (verdict.kind !== 'sound' || look.at - since < soakMs) return { look, verdict };
    const evidence = await putJson(ports.store, {
      ...{ kind: 'soak', environment, artifactDigest, soakMs, since, until: look.at },
      looks: [...looks, look],
    });
    const reason = soaked(soakMs, looks.length + 1);
    await recordStage(ports, {
      releaseId,
      stage: 'soak',
      environment,
      artifactDigest,
      verdict: 'pass',
      reason,
      evidence,
    });
    return { look, verdict, evidence };
  };

const soaked = (soakMs: number, looks: number): string =>
  `sound for ${Math.round(soakMs / 1000)} s, at each of ${looks} looks`;

/** A target that is away says nothing of the version's health: that is no sound look. */
const seen = async (ports: Ports, { model, environment, artifactDigest, at }: LookAtSoakInput): Promise<SoakLook> => {
  const target = ports.target(environment);
  try {
    const state = await target.observe(model, environment);
    const measured = state === undefined ? { counters: [] } : await target.measure(model, environment);
    return lookAt(artifactDigest, at, state, measured);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'target_unreachable') throw error;
    return { at, ill: error.message, restarts: 0, epoch: 0, requests: 0, failures: 0 };
  }
};
