import type { StepSpec } from '../spec/types.js';
import { explainStep } from './explainStep.js';
import { ancestorsOf, inOrder } from './graph.js';
import { partsOf, stepKey } from './stepKey.js';
import type { DigestOf, RunCause, StepDecision, StepFacts, StepMemory, StoredFile } from './types.js';

export interface StepQuestion {
  readonly model: string;
  readonly steps: readonly StepSpec[];
  readonly facts: Readonly<Record<string, StepFacts>>;
}

/**
 * Which steps run, which are skipped, and why: of the same question and memory always the same. Asked again whenever
 * more is known (a record was looked up, a step has run); a plan and the run itself both ask here.
 */
export const decideSteps = (
  { model, steps, facts }: StepQuestion,
  memory: StepMemory,
  digestOf: DigestOf,
): readonly StepDecision[] => {
  const decided = new Map<string, StepDecision>();
  const outputsOf = (name: string): readonly StoredFile[] | undefined => {
    const ran = memory.ran.get(name);
    if (ran !== undefined) return ran;
    const decision = decided.get(name);
    return decision?.kind === 'skip' ? decision.record.outputs : undefined;
  };
  const decide = (step: StepSpec): StepDecision => {
    const known = facts[step.name];
    const run = (cause: RunCause): StepDecision => ({ step: step.name, kind: 'run', cause });
    if (step.outputs === undefined || step.outputs.length === 0 || known === undefined)
      return run({ kind: 'no_outputs' });
    const before = [...ancestorsOf(steps, step.name)];
    const silent = before.filter((name) => (steps.find((one) => one.name === name)?.outputs ?? []).length === 0);
    if (silent.length > 0) return run({ kind: 'unknown_upstream', steps: silent });
    const open = before.filter((name) => outputsOf(name) === undefined);
    if (open.length > 0) return { step: step.name, kind: 'depends', on: open };
    const parts = partsOf(steps, step, known, (name) => outputsOf(name) ?? []);
    const key = stepKey(model, step, parts, digestOf);
    const record = memory.records.get(key);
    if (record === undefined) return { step: step.name, kind: 'lookup', key };
    if (record !== null) return { step: step.name, kind: 'skip', key, record };
    return { step: step.name, kind: 'run', key, cause: explainStep(memory.latest.get(step.name)?.parts, parts) };
  };
  for (const step of inOrder(steps)) decided.set(step.name, decide(step));
  return steps.flatMap((step) => decided.get(step.name) ?? []);
};

/** Asks the store until nothing is left to look up. */
export const decideFromStore = async (
  question: StepQuestion,
  memory: StepMemory & { readonly records: Map<StepMemoryKey, StepMemoryRecord> },
  find: (step: string, key: StepMemoryKey) => Promise<StepMemoryRecord>,
  digestOf: DigestOf,
): Promise<readonly StepDecision[]> => {
  for (;;) {
    const decisions = decideSteps(question, memory, digestOf);
    const open = decisions.filter((decision) => decision.kind === 'lookup');
    if (open.length === 0) return decisions;
    await Promise.all(open.map(async ({ step, key }) => memory.records.set(key, await find(step, key))));
  }
};

type StepMemoryKey = StepMemory['records'] extends ReadonlyMap<infer K, unknown> ? K : never;
type StepMemoryRecord = StepMemory['records'] extends ReadonlyMap<unknown, infer V> ? V : never;
