/** Builds in memory: a step writes a digest of all that it can see, so that every change shows in what it writes. */
import { createHash } from 'node:crypto';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { canonicalJson } from '../../../src/domain/canonical.js';
import { decideFromStore } from '../../../src/domain/build/decideSteps.js';
import { describeSteps } from '../../../src/domain/build/describeSteps.js';
import { partsOf } from '../../../src/domain/build/stepKey.js';
import type { StepDecision, StepRecord, StoredFile } from '../../../src/domain/build/types.js';
import type { ParamValue, StepSpec } from '../../../src/domain/spec/types.js';

export const digestOf = (value: unknown): Digest =>
  `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;

export const stepOf = (name: string, more: Partial<StepSpec> = {}): StepSpec => ({
  name,
  run: `make ${name}`,
  env: {},
  timeoutMs: 1000,
  ...more,
});

export interface World {
  readonly steps: readonly StepSpec[];
  readonly files: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly machine: Readonly<Record<string, string>>;
}

export interface Store {
  readonly records: Map<Digest, StepRecord>;
  readonly latest: Map<string, StepRecord>;
}

export const emptyStore = (): Store => ({ records: new Map(), latest: new Map() });

export interface Build {
  /** Of each step in the end: it ran or was skipped. */
  readonly decisions: readonly StepDecision[];
  readonly ran: readonly string[];
  /** What was said before anything ran. */
  readonly planned: readonly StepDecision[];
}

/** @param write what a step writes; by default different for everything that it can see */
export const build = async (
  world: World,
  store: Store,
  write: (step: StepSpec, parts: unknown) => string = (_, parts) => canonicalJson(parts),
  releaseId = 'release/m/1',
): Promise<Build> => {
  const tree = Object.fromEntries(Object.entries(world.files).map(([path, text]) => [path, digestOf(text)]));
  const { facts } = describeSteps(
    {
      spec: { build: { steps: world.steps, params: world.params } },
      tree,
      params: world.params,
      machine: world.machine,
    },
    digestOf,
  );
  const question = { model: 'm', steps: world.steps, facts };
  const memory = {
    records: new Map<Digest, StepRecord | null>(),
    latest: new Map(store.latest),
    ran: new Map<string, readonly StoredFile[]>(),
  };
  const find = async (_: string, key: Digest): Promise<StepRecord | null> => store.records.get(key) ?? null;
  const decide = (): Promise<readonly StepDecision[]> => decideFromStore(question, memory, find, digestOf);
  const planned = await decide();
  for (;;) {
    const decisions = await decide();
    const next = decisions.find((one) => one.kind === 'run' && !memory.ran.has(one.step));
    if (next?.kind !== 'run') return { decisions, planned, ran: [...memory.ran.keys()] };
    const step = world.steps.find(({ name }) => name === next.step)!;
    const outputsOf = (name: string): readonly StoredFile[] => {
      const decision = decisions.find((one) => one.step === name);
      return memory.ran.get(name) ?? (decision?.kind === 'skip' ? decision.record.outputs : []);
    };
    const parts = partsOf(world.steps, step, facts[step.name]!, outputsOf);
    const outputs = (step.outputs ?? []).map((path) => ({
      path,
      digest: digestOf({ path, text: write(step, parts) }),
      size: 1,
    }));
    memory.ran.set(step.name, outputs);
    if (next.key === undefined) continue;
    const record = { step: step.name, key: next.key, parts, outputs, releaseId, durationMs: 1 };
    store.records.set(next.key, record);
    store.latest.set(step.name, record);
  }
};
