/** Builds of a real repository by real processes, with the store in memory. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildModel, type BuildOutcome } from '../../activities/buildModel.js';
import { createRunChecks, type ChecksOutcome } from '../../activities/runChecks.js';
import { readSteps } from '../../activities/stepStories.js';
import type { Ports } from '../../activities/ports.js';
import { createGitSourceControl } from '../../src/adapters/git/sourceControl.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import type { StepStory } from '../../src/domain/build/story.js';
import type { ParamValue } from '../../src/domain/spec/types.js';
import { createGitRepository } from '../fixtures/gitRepository.js';
import { repositoryFiles } from '../fixtures/incidents/repository.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

export const MODEL = 'ferry-delay';

const STEPS = `  steps:
    - { name: data, run: node pipeline/data.mjs, timeout: 1m }
    - { name: train, run: node pipeline/train.mjs, timeout: 1m }
`;

/** The ferries' build with everything declared that its steps read and write. */
export const DECLARED = `  steps:
    - name: data
      run: node pipeline/data.mjs
      inputs: [pipeline/data.mjs, lib/table.mjs, lib/units.mjs, data/history.csv, vendor]
      outputs: [build/reference.csv, build/evaluation.csv]
      params: [data.days, data.exported]
    - name: train
      run: node pipeline/train.mjs
      inputs: [pipeline/train.mjs, lib/logistic.mjs, lib/onnx.mjs, lib/table.mjs, build]
      outputs: [build/model.onnx, build/report.json]
      params: []
`;

/** The files of the ferries, with these steps in place of their own. */
export const ferries = (steps: string = DECLARED, more = ''): Readonly<Record<string, string>> => {
  const files = repositoryFiles('sound');
  return {
    ...files,
    'slipway.yaml': (files['slipway.yaml'] ?? '').replace(STEPS, steps) + more,
    // The ferries look at the parameter only where a retrain exported rows; here history obeys it, too.
    'pipeline/data.mjs': (files['pipeline/data.mjs'] ?? '').replace('exported === undefined ? Infinity : ', ''),
  };
};

export const openBuildScene = (given: Partial<Ports> = {}, settings: Partial<Ports['settings']> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-build-'));
  const repository = createGitRepository(join(folder, MODEL));
  const path = process.env['PATH'] ?? '';
  // What steps share with a test: confined ones see nothing else of it.
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  const base = testPorts({
    source: createGitSourceControl({
      repositories: { [MODEL]: { url: repository.directory, branch: 'main' } },
      sourceRoots: [folder],
      cacheDirectory: join(folder, 'mirrors'),
      path,
    }),
    steps: createStepRunner({ path, writable: [shared] }),
    workflows: createMemoryWorkflows({}),
    ...given,
  });
  const ports = {
    ...base,
    settings: {
      ...base.settings,
      workDirectory: join(folder, 'work'),
      models: { [MODEL]: { repository: MODEL, branch: 'main', clocks: {} } },
      ...settings,
    },
  };
  let releases = 0;
  const release = (commit: string) => ({
    releaseId: `release/${MODEL}/${commit}.${(releases += 1)}`,
    model: MODEL,
    repository: MODEL,
    commit,
  });
  return {
    folder,
    shared,
    repository,
    ports,
    /** One release's build of a commit, and what became of each step; of a new release unless it is said to go on. */
    build: async (
      commit: string,
      params: Readonly<Record<string, ParamValue>> = {},
      goingOn?: { readonly releaseId: string; readonly attempt: number },
    ): Promise<{ outcome: BuildOutcome | Error; steps: readonly StepStory[]; releaseId: string; log: string }> => {
      const about = { ...release(commit), ...(goingOn === undefined ? {} : { releaseId: goingOn.releaseId }) };
      const attempt = goingOn?.attempt ?? 1;
      const run = askedBy(about.releaseId, 'r', attempt).run(createBuildModel(ports), { ...about, params });
      const outcome = await (run as Promise<BuildOutcome>).catch((error: unknown) => error as Error);
      const prefix = `${about.releaseId.replace('release/', 'releases/')}/logs/build.${attempt}/`;
      const keys = (await ports.store.listDocuments(prefix)).filter((key) => key.endsWith('.log'));
      const segments = await Promise.all(keys.map((key) => ports.store.getDocument(key)));
      const log = segments.map((segment) => new TextDecoder().decode(segment)).join('');
      return { outcome, steps: await readSteps(ports.store, about.releaseId), releaseId: about.releaseId, log };
    },
    check: async (commit: string, again?: { readonly releaseId: string }): Promise<ChecksOutcome> => {
      const about = { ...release(commit), ...again };
      return askedBy(about.releaseId).run(createRunChecks(ports), { ...about, params: {}, trigger: 'author' });
    },
    close: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
};

export const ranOf = (steps: readonly StepStory[]): readonly string[] =>
  steps.filter((step) => step.outcome === 'ran').map((step) => step.step);

export const outcomeOf = (outcome: BuildOutcome | Error): BuildOutcome => {
  if (outcome instanceof Error) throw outcome;
  return outcome;
};
