import { Context } from '@temporalio/activity';
import type { BlobRef, Digest } from '../src/domain/artifact/types.js';
import { continueStory } from '../src/domain/build/story.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ArtifactSpec, ParamValue } from '../src/domain/spec/types.js';
import { describeEnvironment } from './describeEnvironment.js';
import { encodeJson, putJson } from './documents.js';
import type { Unreadable } from './guardedFolder.js';
import { whileHeartbeating } from './heartbeat.js';
import { assertOfRelease } from './assertOfRelease.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';
import { watchCommands, type RunningCommands } from './runningCommands.js';
import { runSteps } from './runSteps.js';
import { openStageLog, tellingAttempt, type StageLog } from './stageLog.js';
import { openStepCache } from './stepCache.js';
import { readSteps, tellSteps } from './stepStories.js';
import { withWorkspace, type Workspace } from './workspace.js';
import { holdFile } from './writtenFile.js';

export interface BuildModelInput {
  readonly resume?: Pick<Resumption, 'number'>;
  readonly releaseId: string;
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

export interface BuiltFile extends BlobRef {
  /** Path that the build wrote, relative to the repository root. */
  readonly path: string;
}

export interface BuildOutcome {
  readonly model: BuiltFile;
  readonly evaluation: BuiltFile;
  readonly reference: BuiltFile;
  readonly report?: BuiltFile;
  /** CycloneDX list of what the steps ran with. */
  readonly packages?: BlobRef;
  readonly evidence: Digest;
}

/**
 * Build: the commit's own steps in a clean checkout, each in a process group of its own; what they wrote goes to the
 * store. A step whose inputs are what they were is skipped. The evidence says what was built from what, and not which
 * steps had to run for it: two builds of the same are the same artifact.
 */
export const createBuildModel =
  (ports: Ports) =>
  (input: BuildModelInput): Promise<BuildOutcome> => {
    const commands = watchCommands();
    return whileHeartbeating(async (signal) => {
      assertOfRelease(ports, input);
      const log = openStageLog(
        ports.store,
        input.releaseId,
        'build',
        tellingAttempt(Context.current().info.attempt, input.resume),
      );
      try {
        const outcome = await withWorkspace(ports, { ...input, withExportedData: true }, signal, (workspace) =>
          build(ports, input, workspace, log, commands, signal),
        );
        await recordStage(ports, {
          releaseId: input.releaseId,
          stage: 'build',
          verdict: 'pass',
          reason: `built ${outcome.model.path}, ${outcome.model.size} bytes`,
          evidence: outcome.evidence,
        });
        await log.end({ verdict: 'pass' });
        return outcome;
      } catch (error) {
        log.note(error instanceof Error ? error.message : String(error));
        await log.end({ verdict: 'error' }).catch(() => undefined);
        throw error;
      }
    }, commands.details);
  };

const build = async (
  ports: Ports,
  input: BuildModelInput,
  workspace: Workspace,
  log: StageLog,
  commands: RunningCommands,
  signal: AbortSignal,
): Promise<BuildOutcome> => {
  const { spec, params } = workspace;
  const { artifact } = spec;
  const before = await readSteps(ports.store, input.releaseId);
  await runSteps({
    ...{ ports, workspace, log, commands, signal, model: input.model, releaseId: input.releaseId },
    cache: await openStepCache(ports, input),
    install: async (ending) => {
      const failure = await commands.watch('install', log, (watched) => workspace.install(watched, ending));
      if (failure !== undefined) throw failure;
    },
    wanted: [
      artifact.model,
      artifact.evaluation,
      artifact.reference,
      ...(artifact.report === undefined ? [] : [artifact.report]),
    ],
    tell: (stories) =>
      tellSteps(
        ports.store,
        input.releaseId,
        stories.map((now) =>
          continueStory(
            before.find(({ step }) => step === now.step),
            now,
            input.releaseId,
          ),
        ),
      ),
  });
  const { runtimes, list } = await describeEnvironment(ports, workspace, input.model, input.commit);
  const packages = await ports.store.putBlob(encodeJson(list));
  const files = await storeArtifact(ports, workspace, artifact);
  ports.failpoint('buildModel.stored');
  const evidence = await putJson(ports.store, {
    kind: 'build',
    steps: spec.build.steps.map((step) => ({ name: step.name, run: step.run })),
    params,
    environment: { ...runtimes, platform: process.platform, arch: process.arch },
    outputs: files,
    packages,
  });
  return { ...files, packages, evidence };
};

const storeArtifact = async (
  ports: Ports,
  workspace: Workspace,
  artifact: ArtifactSpec,
): Promise<Omit<BuildOutcome, 'evidence'>> => {
  const put = async (path: string): Promise<BuiltFile> => {
    const built = await holdFile(workspace.files, path, async ({ file, info }) =>
      info.size === 0n ? EMPTY : { path, ...(await ports.store.putBlob({ path: file })) },
    );
    if (!('problem' in built)) return built;
    const what = built.missing ? `the build did not write ${path}` : `${path} ${built.problem}`;
    throw new SlipwayError('output_missing', what, { path });
  };
  return {
    model: await put(artifact.model),
    evaluation: await put(artifact.evaluation),
    reference: await put(artifact.reference),
    ...(artifact.report === undefined ? {} : { report: await put(artifact.report) }),
  };
};

const EMPTY: Unreadable = { missing: false, problem: 'is empty' };
