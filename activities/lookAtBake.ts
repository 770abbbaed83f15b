import type { Digest } from '../src/domain/artifact/types.js';
import { rowsOfVersion } from '../src/domain/drift/windowRows.js';
import { judgeBake, type BakeVerdict } from '../src/domain/rollout/judgeBake.js';
import type { BakeSpec } from '../src/domain/spec/bake.js';
import { assertOwnStream } from './assertOwnStream.js';
import { readFrozenReference } from './artifactContents.js';
import { putJson } from './documents.js';
import { environmentNow } from './environmentClock.js';
import { whileHeartbeating } from './heartbeat.js';
import { placeTaken, type Provisional, type Replaced } from './placeTaken.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';

export interface LookAtBakeInput extends Provisional {
  readonly bake: BakeSpec;
  readonly labelDelayMs: number;
  /** Event time at which it began, as the first look found it; absent: this is the first. */
  readonly since?: number;
  /** Only whether it serves still; absent: labels are judged, too. */
  readonly only?: 'place';
}

export interface BakeFound {
  readonly since?: number;
  readonly verdict: BakeVerdict | Replaced;
  readonly evidence?: Digest;
}

/** Rows of a look are a sample where there are more. */
const MOST_ROWS = 200_000;

/** One look at a provisional version: does it serve still, and what do the labels say that are mature? */
export const createLookAtBake =
  (ports: Ports) =>
  (input: LookAtBakeInput): Promise<BakeFound> =>
    whileHeartbeating(async () => {
      const { releaseId, model, environment, artifactDigest, bake } = input;
      assertOwnStream(releaseId);
      const replaced = await placeTaken(ports, input);
      if (replaced !== undefined) return { verdict: replaced };
      if (input.only === 'place') return { verdict: { kind: 'waiting', reason: 'it serves still' } };
      const now = await environmentNow(ports, model, environment);
      const since = input.since ?? now;
      // Nothing was logged yet, and time follows the log.
      if (now === undefined || since === undefined)
        return { verdict: { kind: 'waiting', reason: 'nothing was logged yet' } };
      const window = { start: since, end: Math.max(since, now - input.labelDelayMs) };
      const rows = rowsOfVersion(
        await ports.log.read(model, environment, window, [], MOST_ROWS),
        artifactDigest.slice('sha256:'.length),
      );
      const { metrics } = await readFrozenReference(ports.store, artifactDigest);
      const packaged = metrics[bake.metric];
      const verdict = judgeBake({ spec: bake, rows, window, ...(packaged === undefined ? {} : { packaged }) });
      if (verdict.kind === 'waiting') return { since, verdict };
      const evidence = await putJson(ports.store, { kind: 'bake', input, window, rows: rows.rows, packaged, verdict });
      await recordStage(ports, {
        ...{ releaseId, stage: 'bake', environment, artifactDigest, evidence, reason: verdict.reason },
        verdict: verdict.kind === 'confirmed' ? 'pass' : 'fail',
      });
      return { since, verdict, evidence };
    });
