import { availableParallelism } from 'node:os';
import { decideFromStore, type StepQuestion } from '../src/domain/build/decideSteps.js';
import { describeSteps, hashedPatterns } from '../src/domain/build/describeSteps.js';
import { sayDecision } from '../src/domain/build/explainStep.js';
import { ancestorsOf, needsOf } from '../src/domain/build/graph.js';
import { overlaps } from '../src/domain/build/matchPath.js';
import type { StepStory } from '../src/domain/build/story.js';
import type { StepDecision, StepRecord, StoredFile } from '../src/domain/build/types.js';
import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { StepSpec } from '../src/domain/spec/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { digestTree } from './fileDigests.js';
import { attemptStep } from './attemptStep.js';
import { inParallel } from './inParallel.js';
import { restoreOutputs } from './stepOutputs.js';
import type { StepCache } from './stepCache.js';
import type { StepRun } from './stepRun.js';

/**
 * Runs those steps of a build that must run, side by side where they do not wait for each other, and skips the rest.
 * When it has ended, nothing of it runs any more: whatever goes wrong beside a running step ends that step first.
 */
export const runSteps = async (run: StepRun): Promise<readonly StepStory[]> => {
  const ending = new AbortController();
  const running = new Map<string, Promise<void>>();
  try {
    return await walk({ ...run, signal: AbortSignal.any([run.signal, ending.signal]) }, running);
  } catch (error) {
    ending.abort(error);
    await Promise.allSettled(running.values());
    throw error;
  }
};

/** @param running the steps that run now; each takes itself out when it has ended, and none rejects */
const walk = async (run: StepRun, running: Map<string, Promise<void>>): Promise<readonly StepStory[]> => {
  const { workspace, cache, log } = run;
  const { steps } = workspace.spec.build;
  const question = await questionOf(run);
  const memory = {
    records: new Map<Digest, StepRecord | null>(),
    latest: await latestOf(cache, steps),
    ran: new Map<string, readonly StoredFile[]>(),
  };
  const stories = new Map<string, StepStory>();
  const restored = new Set<string>();
  let decisions: readonly StepDecision[] = [];
  let failure: Error | undefined;
  const of = (name: string): StepDecision | undefined => decisions.find((one) => one.step === name);
  const outputsOf = (name: string): readonly StoredFile[] => {
    const decision = of(name);
    return decision?.kind === 'skip' ? decision.record.outputs : [];
  };

  /** False where something was lost: then its step is no longer skipped. */
  const bringBack = async (decision: StepDecision): Promise<boolean> => {
    if (decision.kind !== 'skip' || restored.has(decision.step)) return true;
    try {
      await restoreOutputs(run.ports.store, workspace.files, decision.record.outputs);
      restored.add(decision.step);
      return true;
    } catch (error) {
      if (!(error instanceof SlipwayError) || !['not_found', 'digest_mismatch'].includes(error.code)) throw error;
      log.note(`${decision.step}: ${error.message}`);
      memory.records.set(decision.key, null);
      return false;
    }
  };
  const finish = async (story: StepStory): Promise<void> => {
    stories.set(story.step, story);
    await run.tell(steps.flatMap((step) => stories.get(step.name) ?? []));
  };
  const start = async (step: StepSpec, decision: StepDecision & { kind: 'run' }): Promise<void> => {
    await run.install(run.signal);
    const seen = (name: string): readonly StoredFile[] => memory.ran.get(name) ?? outputsOf(name);
    const attempted = await attemptStep({ ...run, labelled: parallel }, question, step, decision, seen);
    await finish(attempted.story);
    if ('error' in attempted) throw attempted.error;
    memory.ran.set(step.name, attempted.outputs);
  };
  const cores = run.ports.settings.cores ?? availableParallelism();
  const parallel = cores > 1 && steps.some((step, index) => index > 0 && step.needs !== undefined);

  for (;;) {
    decisions = await decideFromStore(question, memory, cache.find, digestOf);
    const done = (name: string): boolean => memory.ran.has(name) || of(name)?.kind === 'skip';
    const ready = steps.filter(
      (step) =>
        !memory.ran.has(step.name) &&
        !running.has(step.name) &&
        of(step.name)?.kind === 'run' &&
        needsOf(steps, step.name).every(done),
    );
    let lost = false;
    for (const step of failure === undefined ? ready.slice(0, Math.max(0, cores - running.size)) : []) {
      const decision = of(step.name);
      if (decision?.kind !== 'run') continue;
      // What the steps before it wrote must be there; a step that lost its outputs runs again first.
      const before = [...ancestorsOf(steps, step.name)].flatMap((name) => of(name) ?? []);
      if ((await inParallel(before, before.length, bringBack)).includes(false)) {
        lost = true;
        break;
      }
      log.note(`${step.name} runs: ${sayDecision(decision)}`);
      running.set(
        step.name,
        start(step, decision)
          .catch((error: unknown) => {
            failure ??= error instanceof Error ? error : new Error(String(error));
          })
          .finally(() => running.delete(step.name)),
      );
    }
    if (lost) continue;
    if (running.size > 0) {
      await Promise.race(running.values());
      continue;
    }
    if (failure !== undefined) throw failure;
    const skipped = decisions.filter((decision) => decision.kind === 'skip');
    const needed = skipped.filter(({ record }) =>
      record.outputs.some(({ path }) => run.wanted.some((file) => overlaps(file, path))),
    );
    if ((await inParallel(needed, needed.length, bringBack)).includes(false)) continue;
    for (const decision of skipped) {
      log.note(`${decision.step} is skipped: ${sayDecision(decision)}`);
      stories.set(decision.step, skippedStory(decision));
      if (memory.latest.get(decision.step)?.key !== decision.key) await cache.used(decision.record);
    }
    const all = steps.flatMap((step) => stories.get(step.name) ?? []);
    await run.tell(all);
    return all;
  }
};

const questionOf = async ({ ports, workspace, cache, model }: StepRun): Promise<StepQuestion> => {
  const { spec, params, files } = workspace;
  const python = await ports.python.version();
  const machine = {
    node: process.version,
    ...(python === undefined ? {} : { python }),
    platform: `${process.platform}-${process.arch}`,
    ...(ports.settings.image === undefined ? {} : { image: ports.settings.image }),
    ...(Object.keys(ports.settings.stepEnv).length === 0 ? {} : { variables: digestOf(ports.settings.stepEnv) }),
  };
  await cache.keepMachine(machine);
  const tree = await digestTree(files, hashedPatterns(spec));
  const { facts, missing } = describeSteps({ spec, tree, params, machine }, digestOf);
  if (missing.length > 0) {
    throw new SlipwayError(
      'input_missing',
      missing.map(({ step, input }) => `${step} reads ${input}, and the commit has no such file`).join('\n'),
      { missing },
    );
  }
  return { model, steps: spec.build.steps, facts };
};

const latestOf = async (cache: StepCache, steps: readonly StepSpec[]): Promise<ReadonlyMap<string, StepRecord>> => {
  const found = await Promise.all(
    steps
      .filter((step) => step.outputs !== undefined)
      .map(async ({ name }) => [name, await cache.latest(name)] as const),
  );
  return new Map(found.flatMap(([name, record]) => (record === undefined ? [] : [[name, record]])));
};

const skippedStory = (decision: StepDecision & { kind: 'skip' }): StepStory => ({
  step: decision.step,
  outcome: 'skipped',
  reason: sayDecision(decision),
  key: decision.key,
  from: decision.record.releaseId,
  attempts: [],
  flaky: false,
  outputs: decision.record.outputs,
});
