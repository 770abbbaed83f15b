import type { Logger } from 'pino';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { decideReplicas, type PastLoad, type ReplicaDecision } from '../domain/routing/decideReplicas.js';
import type { ProcessNeed, ProcessShare } from '../domain/routing/shareProcesses.js';
import type { ServingSpec } from '../domain/spec/types.js';
import type { Running } from './running.js';

/** Keeps the processes of one version in step with its load, as its own spec says; without one it leaves them alone. */
export interface Scaler {
  /** How long a request waits for it, where it slept. */
  coldStartMs(): number;
  /**
   * What its load wants of the node's processes: begins the next interval.
   *
   * @param held it is judged, or compared with
   */
  need(held: boolean): ProcessNeed;
  /** Carries out what it was given of what it wanted last. */
  give(share: ProcessShare): void;
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
/** What a process takes of which nobody has measured any yet. */
const USUAL_MIB = 256;

export const createScaler = (running: Running, parts: ScalerParts): Scaler => {
  const { model, log } = parts;
  let serving: ServingSpec | undefined;
  let past: PastLoad = [];
  /** What it wanted last; undefined: what it has. */
  let wanted: ReplicaDecision | undefined;
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
    need: (held) => {
      const load = running.load.take();
      const replicas = running.staying.length;
      const measured = running.replicas.map((one) => one.process.status().memoryMiB ?? 0);
      const need = {
        ...{ key: `${model} ${running.digest}`, has: replicas, wants: replicas },
        memoryMiB: Math.max(...measured, 0) || USUAL_MIB,
      };
      wanted = undefined;
      if (serving === undefined || running.asleep !== undefined) return need;
      const decision = decideReplicas({
        ...{ serving, replicas, held, load, past },
        most: parts.most,
        starting: !running.staying.every((one) => one.process.status().ready),
        now: performance.now(),
      });
      past = decision.past;
      // What does not come up is not put to sleep: people must see that it does not.
      if (decision.kind === 'sleep' && !running.ready) return need;
      wanted = decision;
      return { ...need, wants: decision.wants };
    },
    give: ({ gets, short }) => {
      if (wanted === undefined) return;
      const reason = short === undefined ? wanted.reason : `${wanted.reason}; ${short}`;
      const wasShort = running.wanted !== undefined;
      running.wanted = short === undefined ? undefined : wanted.wants;
      if (gets !== running.staying.length) {
        scale(gets, reason);
        if (gets === 0) parts.fellAsleep(reason);
      } else if (short !== undefined) {
        running.scaled = reason;
        if (!wasShort)
          log.warn(
            { model, version: running.digest, replicas: gets, wants: wanted.wants, reason },
            'a version gets fewer replicas than its load wants',
          );
      } else if (wasShort) running.scaled = wanted.reason;
    },
  };
};

/** An artifact without a spec that can be read has one process, as one from before there were replicas. */
const isFinal = (error: unknown): boolean =>
  error instanceof SlipwayError && (error.code === 'model_invalid' || error.code === 'digest_mismatch');
