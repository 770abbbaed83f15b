import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildModel } from '../../dist/activities/buildModel.js';
import { createGitSourceControl } from '../../dist/src/adapters/git/sourceControl.js';
import { createMinioBlobStore } from '../../dist/src/adapters/minio/blobStore.js';
import { createStepRunner } from '../../dist/src/adapters/process/stepRunner.js';
import { createPythonEnvironments } from '../../dist/src/adapters/python-venv/pythonEnvironments.js';
import { createStoreLedger } from '../../dist/src/adapters/store-ledger/ledger.js';
import { askedBy } from '../../dist/test/fixtures/askedBy.js';
import { startMinio } from '../../dist/test/servers/objectStores.js';
import { compare } from '../measure.mjs';
import { installPeer } from '../peers.mjs';

const STEPS = 10;
const MODEL = 'bench';

/**
 * Ten steps of which none has to run: our build (checkout, digests, ten records of the store, the artifact's files brought
 * back and checked) against `dvc repro`. Both have run once, and have their files on this machine.
 */
export const compareSkip = async ({ rounds }) => {
  const dvc = installPeer('dvc', ['dvc'])('dvc');
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const minio = await startMinio({ folder: join(folder, 'data') });
  const store = createMinioBlobStore({ ...minio, bucket: 'bench' });
  await store.ensureBucket();
  const ours = prepareOurs(folder, store);
  const peer = preparePeer(folder, dvc);
  let builds = 0;
  const build = async () => {
    // Each build is a release of its own: told again, a release says what ran for it the first time.
    const release = `${MODEL}/${ours.input.commit}.${(builds += 1)}`;
    const releaseId = `release/${release}`;
    await askedBy(releaseId).run(createBuildModel(ours.ports), { ...ours.input, releaseId });
    const told = JSON.parse(new TextDecoder().decode(await store.getDocument(`releases/${release}/steps.json`)));
    return told.steps.filter(({ outcome }) => outcome === 'ran').length;
  };
  try {
    if ((await build()) !== STEPS) throw new Error('the first build must run every step');
    peer();
    const unchanged = async () => {
      const ran = await build();
      if (ran !== 0) throw new Error(`${ran} steps ran, though nothing had changed`);
    };
    return [
      await compare({
        name: `${STEPS} steps, nothing changed (the build alone, no engine)`,
        peerName: `dvc repro ${execFileSync(dvc, ['--version'], { encoding: 'utf8' }).trim()}`,
        rounds,
        ours: unchanged,
        peer: async () => peer(),
      }),
    ];
  } finally {
    await minio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const names = Array.from({ length: STEPS }, (_, index) => `s${index}`);
const commandOf = (index) => `cat in/${index}.txt ${index === 0 ? '' : `out/${index - 1}.txt`} > out/${index}.txt`;

const prepareOurs = (folder, store) => {
  const directory = join(folder, 'ours');
  writeInputs(directory);
  const entries = names.map(
    (name, index) =>
      `    - { name: ${name}, run: 'mkdir -p out && ${commandOf(index)}', inputs: [in/${index}.txt${index === 0 ? '' : `, out/${index - 1}.txt`}], outputs: [out/${index}.txt], params: [] }`,
  );
  const last = `out/${STEPS - 1}.txt`;
  writeFileSync(
    join(directory, 'slipway.yaml'),
    [
      'version: 1',
      `model: ${MODEL}`,
      'owners: [bench]',
      'build:',
      '  steps:',
      ...entries,
      `artifact: { model: ${last}, evaluation: ${last}, reference: ${last} }`,
      'signature: { features: [{ name: x, type: number }], label: y, eventTime: t }',
      'environments: [{ name: test }]',
      '',
    ].join('\n'),
  );
  const git = gitIn(directory);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'ten steps');
  const path = process.env['PATH'];
  const settings = {
    installation: 'bench',
    workDirectory: join(folder, 'work'),
    stepEnv: {},
    apiUrl: '',
    models: { [MODEL]: { repository: MODEL, branch: 'main', clocks: {} } },
  };
  const source = createGitSourceControl({
    repositories: { [MODEL]: { url: directory, branch: 'main' } },
    sourceRoots: [folder],
    cacheDirectory: join(folder, 'mirrors'),
    path,
  });
  const commit = git('rev-parse', 'HEAD').trim();
  const steps = createStepRunner({ path });
  return {
    ports: {
      ...{ store, source, settings },
      ledger: createStoreLedger(store),
      steps,
      python: createPythonEnvironments({ folder: join(folder, 'python'), path, steps }),
      failpoint: () => undefined,
    },
    input: { model: MODEL, repository: MODEL, commit, params: {} },
  };
};

const preparePeer = (folder, program) => {
  const directory = join(folder, 'peer');
  writeInputs(directory);
  mkdirSync(join(directory, 'out'));
  writeFileSync(
    join(directory, 'dvc.yaml'),
    `stages:\n${names
      .map(
        (name, index) =>
          `  ${name}:\n    cmd: ${commandOf(index)}\n    deps: [in/${index}.txt${index === 0 ? '' : `, out/${index - 1}.txt`}]\n    outs: [out/${index}.txt]\n`,
      )
      .join('')}`,
  );
  const git = gitIn(directory);
  git('init', '--quiet', '--initial-branch=main');
  const dvc = (...args) =>
    execFileSync(program, args, {
      cwd: directory,
      stdio: 'pipe',
      env: { PATH: process.env['PATH'], HOME: folder, DVC_NO_ANALYTICS: '1' },
    });
  dvc('init', '--quiet');
  dvc('config', 'core.analytics', 'false');
  return () => dvc('repro', '--quiet');
};

const writeInputs = (directory) => {
  mkdirSync(join(directory, 'in'), { recursive: true });
  names.forEach((_, index) => writeFileSync(join(directory, `in/${index}.txt`), `input ${index}\n`));
};

const gitIn =
  (directory) =>
  (...args) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.test', ...args], {
      cwd: directory,
      encoding: 'utf8',
    });
