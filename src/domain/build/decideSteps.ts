import type { StepSpec } from '../spec/types.js';
import { explainStep, type StepNow } from './explainStep.js';
import { ancestorsOf, inOrder } from './graph.js';
import { partsOf, stepKey } from './stepKey.js';
import type { DigestOf, RunCause, StepDecision, StepFacts, StepMemory, StepRecord, StoredFile } from './types.js';

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
  question: StepQuestion,
  memory: StepMemory,
  digestOf: DigestOf,
): readonly StepDecision[] => {
  const { steps, facts } = question;
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
    const asked = askedOf(question, step, before, (name) => outputsOf(name) ?? [], digestOf);
    const { key } = asked;
    const record = memory.records.get(key);
    if (record === undefined) return { step: step.name, kind: 'lookup', key };
    if (record !== null) return { step: step.name, kind: 'skip', key, record };
    return { step: step.name, kind: 'run', key, cause: causeOf(asked, memory.latest.get(step.name)) };
  };
  for (const step of inOrder(steps)) decided.set(step.name, decide(step));
  return steps.flatMap((step) => decided.get(step.name) ?? []);
};

/** A step with what the steps before it wrote. */
interface Asked extends StepNow {
  readonly upstream: readonly (readonly StoredFile[])[];
  /** Why it runs, by its last run. */
  readonly causes: Map<StepRecord | undefined, RunCause>;
}

const lastAsked = new WeakMap<StepQuestion, Map<string, Asked>>();

/**
 * Parts and key of a step. A question is asked again after each record and each run, of all its steps; a key takes as long
 * as a repository is large. So it is made again only where a step before it wrote something else than when it was asked last.
 */
const askedOf = (
  question: StepQuestion,
  step: StepSpec,
  before: readonly string[],
  outputsOf: (name: string) => readonly StoredFile[],
  digestOf: DigestOf,
): Asked => {
  const known = lastAsked.get(question) ?? new Map<string, Asked>();
  lastAsked.set(question, known);
  const upstream = before.map(outputsOf);
  const last = known.get(step.name);
  if (last?.upstream.every((files, index) => files === upstream[index]) === true) return last;
  const parts = partsOf(question.steps, step, question.facts[step.name]!, outputsOf);
  const key = stepKey(question.model, step, parts, digestOf);
  const asked = { key, parts, outputs: step.outputs ?? [], upstream, causes: new Map() };
  known.set(step.name, asked);
  return asked;
};

const causeOf = (asked: Asked, latest: StepRecord | undefined): RunCause => {
  const cause = asked.causes.get(latest) ?? explainStep(latest, asked);
  asked.causes.set(latest, cause);
  return cause;
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
