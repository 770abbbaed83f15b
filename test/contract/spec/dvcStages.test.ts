import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';

const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');
const STEPS = /build:\n[^]*?\n(?=artifact:)/;
const DVC =
  'stages: { Train_it: { cmd: train, outs: [m] }, fit: { matrix: { kind: [a, b] }, cmd: "fit ${item.kind}" } }';

const parse = (...build: readonly string[]) =>
  parseSpec(BASE.replace(STEPS, `build:\n${build.map((line) => `  ${line}\n`).join('')}`), 'f', (path) =>
    path === 'dvc.yaml' ? DVC : undefined,
  );
const problems = (...build: readonly string[]): readonly string[] => {
  const parsed = parse(...build);
  return parsed.ok ? [] : parsed.problems.map((one) => formatProblem(one).replace(/^f:\d+:\d+: /, ''));
};

describe('stages of a dvc.yaml in slipway.yaml', () => {
  it('have what is said of them, of one that a matrix makes or of all', () => {
    const parsed = parse(
      'dvc: dvc.yaml',
      'stages:',
      '  Train_it: { timeout: 6h, retries: 1, resources: { memory: 1GiB }, network: true, secrets: [token], env: { A: b } }',
      '  fit: { retries: 2 }',
      '  fit-b: { retries: 3, timeout: 1m }',
    );
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const [train, ...fits] = parsed.spec.build.steps;
    assert.deepEqual(
      [train?.run, train?.timeoutMs, train?.retries, train?.resources, train?.network, train?.secrets, train?.env],
      ['train', 6 * 3_600_000, 1, { memoryBytes: 2 ** 30 }, true, ['token'], { A: 'b' }],
    );
    assert.deepEqual(train?.outputs, ['m']);
    assert.deepEqual(
      fits.map(({ name, retries, timeoutMs }) => [name, retries, timeoutMs]),
      [
        ['fit-a', 2, 30 * 60_000],
        ['fit-b', 3, 60_000],
      ],
    );
  });

  it('are known by name', () => {
    assert.deepEqual(problems('dvc: dvc.yaml', 'stages: { trian_it: { retries: 1 } }'), [
      'build.stages.trian_it: there is no stage "trian_it" (expected one of train-it, fit-a, fit-b, fit; did you mean train-it?)',
    ]);
    assert.deepEqual(problems('dvc: none.yaml'), [
      'build.dvc: there is no none.yaml (expected a file of the repository)',
    ]);
  });

  it('are of a dvc.yaml alone', () => {
    assert.deepEqual(problems('steps: [{ name: a, run: b }]', 'stages: { a: { retries: 1 } }'), [
      'build.stages: are of a dvc.yaml (expected the same keys in each of steps)',
    ]);
    assert.match(
      problems('dvc: dvc.yaml', 'stages: { fit: { cmd: x } }')[0] ?? '',
      /build\.stages\.fit\.cmd: unknown key/,
    );
  });
});
