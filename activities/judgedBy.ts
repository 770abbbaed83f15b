import type { Digest } from '../src/domain/artifact/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import type { GateSpec } from '../src/domain/spec/gates.js';
import type { Spec } from '../src/domain/spec/types.js';

/**
 * Names what a stage was judged by. Its activity is told that when it is started, which whoever reaches the engine can do:
 * where only the record of it lets a version in, it must be what the artifact's own spec asks.
 */
export const gatesDigest = (gates: readonly GateSpec[], championOf: string): Digest => digestOf({ gates, championOf });

export const smokeDigest = (rows: number): Digest => digestOf({ rows });

/** What the spec of an artifact asks of a stage; undefined where it asks nothing by itself. */
export const askedBy =
  ({ environments, gates }: Spec) =>
  (stage: string, environment: string | undefined): Digest | undefined => {
    const here = environments.find(({ name }) => name === environment);
    if (here === undefined) return undefined;
    if (stage === 'verify') return smokeDigest(here.verify.smokeRows);
    if (stage !== 'gate') return undefined;
    const named = here.gates.flatMap((name) => (gates ?? []).find((gate) => gate.name === name) ?? []);
    return gatesDigest(named, environments.at(-1)?.name ?? here.name);
  };
