import { availableParallelism } from 'node:os';
import { Context } from '@temporalio/activity';
import type { Digest } from '../src/domain/artifact/types.js';
import { isOver } from '../src/domain/release/resumeAsked.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { CheckResult } from '../src/domain/release/checkResult.js';
import { summariseCoverage } from '../src/domain/release/coverage.js';
import { summariseJunit } from '../src/domain/release/junit.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import { planOf, type ReleasePlan } from '../src/domain/release/plan.js';
import type { Authorship, Trigger } from '../src/domain/release/types.js';
import type { CheckSpec, ParamValue, Spec } from '../src/domain/spec/types.js';
import { describeEnd, describeFailing, succeeded } from './describeEnd.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import { assertOfRelease } from './assertOfRelease.js';
import type { Ports } from './ports.js';
import { inParallel } from './inParallel.js';
import { labelledLog } from './labelledLog.js';
import { readChain } from './onRecord.js';
import { recordStage } from './recordStage.js';
import { authorsFor } from './releaseAuthors.js';
import { watchCommands, type RunningCommands } from './runningCommands.js';
import { openStageLog, tellingAttempt, type StageLog } from './stageLog.js';
import { withWorkspace, type Workspace } from './workspace.js';
import { planOfHotfix } from './planOfHotfix.js';
import { readWritten } from './writtenFile.js';

export interface RunChecksInput {
  readonly resume?: Pick<Resumption, 'number'>;
  readonly releaseId: string;
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly trigger: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Position of the commit, and what caused the release: written down for a time when the engine has forgotten them. */
  readonly order?: number;
  readonly cause?: Pick<Trigger, 'kind' | 'reason'>;
}

export interface ChecksOutcome {
  readonly verdict: 'pass' | 'fail';
  readonly reason: string;
  readonly plan: ReleasePlan;
  readonly authorship: Authorship;
  readonly evidence: Digest;
}

/** Integrate: a clean checkout of the commit, its checks side by side in it, and the commit's status at the Git host. */
export const createRunChecks =
  (ports: Ports) =>
  (input: RunChecksInput): Promise<ChecksOutcome> => {
    const commands = watchCommands();
    return whileHeartbeating(async (signal) => {
      assertOfRelease(ports, input);
      const log = openStageLog(
        ports.store,
        input.releaseId,
        'integrate',
        tellingAttempt(Context.current().info.attempt, input.resume),
      );
      const status = (state: 'pending' | 'success' | 'failure', description: string): Promise<void> =>
        ports.source.setStatus(input.repository, input.commit, {
          context: 'slipway/integrate',
          state,
          description,
          url: `${ports.settings.apiUrl}/api/v1/releases/${input.releaseId.replace(/^release\//, '')}`,
        });
      try {
        await recordStart(ports, input);
        await status('pending', 'checks are running');
        ports.failpoint('runChecks.reported');
        // Checks judge the code, on data of their own: a retrain's rows must not change what they say of a commit.
        const outcome = await withWorkspace(ports, { ...input, withExportedData: false }, signal, (workspace) =>
          judge(ports, input, workspace, log, commands),
        );
        await recordStage(ports, {
          releaseId: input.releaseId,
          stage: 'integrate',
          verdict: outcome.verdict,
          reason: outcome.reason,
          evidence: outcome.evidence,
        });
        await status(outcome.verdict === 'pass' ? 'success' : 'failure', outcome.reason);
        await log.end({ verdict: outcome.verdict });
        return outcome;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        log.note(message);
        await log.end({ verdict: 'error' }).catch(() => undefined);
        if (!signal.aborted) await status('failure', message.split('\n')[0] ?? 'failed').catch(() => undefined);
        throw error;
      }
    }, commands.details);
  };

/** Who is told on had started: what was written of it then stands. What is over begins again only for who asks the API. */
const recordStart = async (ports: Ports, input: RunChecksInput): Promise<void> => {
  const { releaseId, model, repository, commit, trigger, params, order, cause, resume } = input;
  const about = { model, repository, commit, trigger, params };
  const body = { ...about, ...(order === undefined ? {} : { order }), ...cause };
  const entries = await readChain(ports, releaseId);
  if (isOver(entries))
    throw new SlipwayError(
      'not_resumable',
      `${releaseId} has ended; it is told on by \`slipway release resume\`, and not by a start by hand`,
    );
  if (resume !== undefined && entries.some(({ kind }) => kind === 'release.started')) return;
  await ports.ledger.append(releaseId, 'started', 'release.started', Date.now(), body);
};

const judge = async (
  ports: Ports,
  input: RunChecksInput,
  workspace: Workspace,
  log: StageLog,
  commands: RunningCommands,
): Promise<ChecksOutcome> => {
  const { spec } = workspace;
  const specDigest = await putJson(ports.store, spec);
  const authorship = await authorsFor(ports, input, askingEnvironments(spec));
  const results: CheckResult[] = [];
  const failure = await commands.watch('install', log, (watched) => workspace.install(watched));
  if (failure !== undefined) {
    results.push({ name: 'install', kind: 'lint', passed: false, reason: failure.message });
  } else {
    const atOnce = ports.settings.cores ?? availableParallelism();
    const labelled = Math.min(atOnce, spec.checks.length) > 1;
    results.push(
      ...(await inParallel(spec.checks, atOnce, (check) => runCheck(workspace, check, log, labelled, commands))),
    );
  }

  const failing = results.filter((result) => !result.passed);
  const evidence = await putJson(ports.store, {
    kind: 'integrate',
    commit: input.commit,
    specDigest,
    checks: results,
    authorship,
  });
  const tests = results.reduce((sum, result) => sum + (result.tests?.total ?? 0), 0);
  return {
    verdict: failing.length === 0 ? 'pass' : 'fail',
    reason:
      failing.length === 0
        ? `${count(results.length, 'check')} passed, ${count(tests, 'test')}`
        : failing.map((result) => result.reason).join('\n'),
    plan:
      input.cause?.kind === 'hotfix' ? await planOfHotfix(ports, input.releaseId, spec) : planOf(spec, digestOf(spec)),
    authorship,
    evidence,
  };
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const runCheck = async (
  workspace: Workspace,
  check: CheckSpec,
  log: StageLog,
  labelled: boolean,
  commands: RunningCommands,
): Promise<CheckResult> => {
  const own = labelled ? labelledLog(log, check.name) : undefined;
  const result = await commands.watch(check.name, own ?? log, (watched) => workspace.run(check, watched));
  own?.close();
  const junit = await readReport(workspace, check.junit, (text) => summariseJunit(text, workspace.shown));
  const covered = await readReport(workspace, check.coverage, summariseCoverage);
  const [tests, coverage] = [junit.summary, covered.summary];
  const base = {
    name: check.name,
    kind: check.kind,
    durationMs: result.durationMs,
    ...(tests === undefined ? {} : { tests }),
    ...(coverage === undefined ? {} : { coverage }),
  };
  if (!succeeded(result)) {
    return { ...base, passed: false, reason: describeEnd(check.name, check.timeoutMs, result, tests) };
  }
  if (check.junit !== undefined && (tests === undefined || tests.total === 0)) {
    const problem = junit.problem ?? 'reports no test';
    return { ...base, passed: false, reason: `${check.name} declares ${check.junit}, which ${problem}` };
  }
  if (check.coverage !== undefined && coverage === undefined) {
    const problem = covered.problem ?? 'reports no coverage';
    return { ...base, passed: false, reason: `${check.name} declares ${check.coverage}, which ${problem}` };
  }
  if (tests !== undefined && tests.failing.length > 0) {
    return {
      ...base,
      passed: false,
      reason: `${check.name} exited with code 0, but reports that ${describeFailing(tests)}`,
    };
  }
  return {
    ...base,
    passed: true,
    reason: tests === undefined ? `${check.name} passed` : `${check.name}: ${tests.total} tests passed`,
  };
};

const MAX_REPORT_BYTES = 8 * 1024 * 1024;

/** A report that was not written says nothing, like an empty one. */
const readReport = async <T>(
  { files }: Workspace,
  path: string | undefined,
  summarise: (text: string) => T,
): Promise<{ readonly summary?: T; readonly problem?: string }> => {
  if (path === undefined) return {};
  const found = await readWritten(files, path, MAX_REPORT_BYTES);
  if ('text' in found) return { summary: summarise(found.text) };
  return found.missing ? {} : { problem: found.problem };
};

/** Environments that ask for approval; where none does, the last one, so that a release always says who wrote it. */
const askingEnvironments = ({ environments }: Spec): readonly string[] => {
  const asking = environments.filter(({ approval }) => approval.kind === 'required');
  return (asking.length > 0 ? asking : environments.slice(-1)).map(({ name }) => name);
};
