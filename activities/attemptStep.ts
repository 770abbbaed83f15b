import type { StepQuestion } from '../src/domain/build/decideSteps.js';
import { sayDecision } from '../src/domain/build/explainStep.js';
import { writesOf } from '../src/domain/build/describeSteps.js';
import { partsOf } from '../src/domain/build/stepKey.js';
import type { StepAttempt, StepStory } from '../src/domain/build/story.js';
import type { StepDecision, StoredFile } from '../src/domain/build/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { StepSpec } from '../src/domain/spec/types.js';
import type { StepResult } from '../src/ports/stepRunner.js';
import { describeEnd, describeEndShortly, succeeded } from './describeEnd.js';
import { placeData } from './dataInputs.js';
import { labelledLog } from './labelledLog.js';
import { makeFolder } from './checkpointFolder.js';
import { openStepCheckpoint, type StepCheckpoint } from './stepCheckpoint.js';
import type { StepRun } from './stepRun.js';
import { watchReads } from './stepReads.js';
import { clearOutputs, storeOutputs } from './stepOutputs.js';

export type Attempted =
  | { readonly story: StepStory; readonly outputs: readonly StoredFile[] }
  | { readonly story: StepStory; readonly error: SlipwayError };

/** Runs one step, as often as it may be tried, and keeps what it wrote under its key. */
export const attemptStep = async (
  run: StepRun & { readonly labelled: boolean },
  question: StepQuestion,
  step: StepSpec,
  decision: StepDecision & { readonly kind: 'run' },
  outputsOf: (name: string) => readonly StoredFile[],
): Promise<Attempted> => {
  const { ports, workspace, cache, releaseId } = run;
  const { files } = workspace;
  const told = { step: step.name, reason: sayDecision(decision), cause: decision.cause, ...keyOf(decision) };
  await placeData(ports, files, step, run.signal);
  const facts = question.facts[step.name];
  const parts = facts === undefined ? undefined : partsOf(question.steps, step, facts, outputsOf);
  const otherwise =
    parts === undefined || decision.key === undefined || !cache.trusted
      ? undefined
      : await watchReads({ files, question, step, parts, outputsOf });
  const checkpoint = checkpointOf(run, step, decision, async () => (await otherwise?.())?.length === 0);
  const { attempts, last } = await tryAgain(run, step, checkpoint);
  if (!succeeded(last)) {
    const end = attempts.at(-1)?.end ?? '';
    if (decision.key !== undefined) await cache.failed(step.name, decision.key, { releaseId, end });
    return {
      story: { ...told, outcome: 'failed', attempts, flaky: false, outputs: [] },
      error: new SlipwayError(
        last.end.kind === 'timeout' ? 'step_timeout' : 'step_failed',
        `${describeEnd(step.name, step.timeoutMs, last)}${attempts.length > 1 ? `\n(tried ${attempts.length} times)` : ''}`,
        { step: step.name, end: last.end, attempts: attempts.length },
      ),
    };
  }
  const outputs = await storeOutputs(ports.store, workspace, step.name, step.outputs ?? []);
  const failedBefore = decision.key === undefined ? undefined : await cache.failureOf(step.name, decision.key);
  if (decision.key !== undefined && parts !== undefined && otherwise !== undefined) {
    const durationMs = attempts.at(-1)?.durationMs ?? 0;
    const changed = await otherwise();
    const sound = checkpoint?.sound ?? true;
    if (changed.length === 0 && sound)
      await cache.keep({ step: step.name, key: decision.key, parts, outputs, releaseId, durationMs });
    else run.log.note(changed.length === 0 ? sayUnsound(step.name) : sayNotKept(step.name, changed));
  }
  // No step after it sees what was for its own attempts alone.
  if (step.checkpoint !== undefined) await clearOutputs(files, [step.checkpoint]);
  await checkpoint?.drop();
  const flaky = attempts.length > 1 || failedBefore !== undefined;
  if (flaky) run.log.note(`${step.name} is flaky: it failed and passed with the same inputs`);
  return { story: { ...told, outcome: 'ran', attempts, flaky, outputs }, outputs };
};

const tryAgain = async (
  run: StepRun & { readonly labelled: boolean },
  step: StepSpec,
  checkpoint: StepCheckpoint | undefined,
): Promise<{ readonly attempts: readonly StepAttempt[]; readonly last: StepResult }> => {
  const { workspace, log } = run;
  const attempts: StepAttempt[] = [];
  for (;;) {
    await clearOutputs(workspace.files, writesOf(step));
    if (step.checkpoint !== undefined && checkpoint === undefined) await makeFolder(workspace.files, step.checkpoint);
    const continued = await checkpoint?.begin();
    const own = run.labelled ? labelledLog(log, step.name) : undefined;
    const work = (): Promise<StepResult> =>
      run.commands.watch(
        step.name,
        own ?? log,
        (watched) => workspace.run(step, watched, run.signal, step),
        attempts.length + 1,
      );
    const last = await (checkpoint === undefined ? work() : checkpoint.during(work, succeeded));
    own?.close();
    const passed = succeeded(last);
    attempts.push({
      number: attempts.length + 1,
      passed,
      end: describeEndShortly(step.timeoutMs, last),
      durationMs: last.durationMs,
      ...(continued === true ? { continued } : {}),
    });
    if (passed || attempts.length > (step.retries ?? 0)) return { attempts, last };
    log.note(`${step.name} ${attempts.at(-1)?.end}; attempt ${attempts.length + 1} of ${1 + (step.retries ?? 0)}`);
  }
};

/** Undefined where the step declares none, and where nobody knows what it reads: then it cannot be said whose it is. */
const checkpointOf = (
  { ports, workspace, log, releaseId }: StepRun,
  { name, checkpoint: folder }: StepSpec,
  { key }: StepDecision & { readonly kind: 'run' },
  asSaid: () => Promise<boolean>,
): StepCheckpoint | undefined => {
  if (folder === undefined) return undefined;
  if (key === undefined) {
    log.note(`${name} starts clean: a step before it declares no outputs, so that nobody knows what it reads`);
    return undefined;
  }
  const { checkpointEveryMs: everyMs } = ports.settings;
  return openStepCheckpoint({
    ...{ store: ports.store, files: workspace.files, releaseId, step: name, key, folder, asSaid },
    ...(everyMs === undefined ? {} : { everyMs }),
    note: (line) => log.note(line),
  });
};

const NAMED = 5;

const sayUnsound = (step: string): string =>
  `${step} will not be skipped by this run: it went on from a checkpoint that was made while it read something else`;

const sayNotKept = (step: string, changed: readonly string[]): string => {
  const more = changed.length > NAMED ? ` and ${changed.length - NAMED} more` : '';
  return `${step} will not be skipped by this run: it reads ${changed.slice(0, NAMED).join(', ')}${more}, changed by a command of the build`;
};

const keyOf = ({ key }: StepDecision & { readonly kind: 'run' }) => (key === undefined ? {} : { key });
