import type { Logger } from 'pino';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { decideReplicas, type PastLoad } from '../domain/routing/decideReplicas.js';
import type { ServingSpec } from '../domain/spec/types.js';
import type { Running } from './running.js';

/** Keeps the processes of one version in step with its load, as its own spec says; without one it leaves them alone. */
export interface Scaler {
  /** How long a request waits for it, where it slept. */
  coldStartMs(): number;
  /** @param held it is judged, or compared with */
  look(held: boolean): void;
  /** A request came, or a command: nothing where it does not sleep. */
  wake(reason: string): void;
}

export interface ScalerParts {
  readonly model: string;
  readonly log: Logger;
  /** Most processes of one version on this machine. */
  readonly most: number;
  /** What the version's own spec says; rejects where nobody can tell now. */
  readonly serving: (digest: Digest) => Promise<ServingSpec | undefined>;
  readonly fellAsleep: (reason: string) => void;
  readonly woke: () => void;
}

/** Of a version that slept through a restart, until its spec was read. */
const COLD_START_MS = 10_000;
const READ_AGAIN_MS = 10_000;

export const createScaler = (running: Running, parts: ScalerParts): Scaler => {
  const { model, log } = parts;
  let serving: ServingSpec | undefined;
  let past: PastLoad = [];
  const readSpec = async (): Promise<void> => {
    try {
      serving = await parts.serving(running.digest);
      if (serving !== undefined) running.scaled ??= 'its load fits';
    } catch (error) {
      if (isFinal(error)) return;
      setTimeout(() => void readSpec(), READ_AGAIN_MS).unref();
    }
  };
  const scale = (replicas: number, reason: string): void => {
    const before = running.staying.length;
    running.scale(replicas, reason);
    log.info({ model, version: running.digest, before, replicas, reason }, 'the replicas of a version change');
  };
  const wake = (reason: string): void => {
    if (running.asleep === undefined) return;
    past = [];
    scale(Math.min(Math.max(serving?.replicas.min ?? 1, 1), parts.most), reason);
    parts.woke();
  };
  void readSpec();
  return {
    coldStartMs: () => serving?.coldStartMs ?? COLD_START_MS,
    wake,
    look: (held) => {
      const load = running.load.take();
      if (serving === undefined || running.asleep !== undefined) return;
      const replicas = running.staying.length;
      const decision = decideReplicas({
        ...{ serving, replicas, held, load, past },
        most: parts.most,
        starting: !running.staying.every((one) => one.process.status().ready),
        now: performance.now(),
      });
      past = decision.past;
      if (decision.kind === 'keep') return;
      // What does not come up is not put to sleep: people must see that it does not.
      if (decision.kind === 'sleep' && !running.ready) return;
      scale(decision.replicas, decision.reason);
      if (decision.kind === 'sleep') parts.fellAsleep(decision.reason);
    },
  };
};

/** An artifact without a spec that can be read has one process, as one from before there were replicas. */
const isFinal = (error: unknown): boolean =>
  error instanceof SlipwayError && (error.code === 'model_invalid' || error.code === 'digest_mismatch');
