import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';
import type { Spec } from '../../../src/domain/spec/types.js';

const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');
const OLD = [
  '    - {name: data, run: node data.mjs}',
  '    - {name: train, run: node train.mjs, env: {SEED: "7"}}',
].join('\n');
const FIRST_STEP_LINE = 11;
const DIGEST = `sha256:${'a'.repeat(64)}`;

const withSteps = (...steps: readonly string[]): string =>
  BASE.replace(OLD, steps.map((step) => `    - ${step}`).join('\n'));
const problemsOf = (text: string): readonly string[] => {
  const parsed = parseSpec(text, 'f');
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem(problem).slice('f:'.length));
};
const read = (text: string): Spec => {
  const parsed = parseSpec(text, 'f');
  assert.ok(parsed.ok, problemsOf(text).join('\n'));
  return parsed.spec;
};

describe('steps of a build', () => {
  it('may say what they need, read, write and take', () => {
    const { build } = read(
      withSteps(
        `{name: data, run: a, needs: [], inputs: [data.mjs, lib/**, {uri: "s3://rows/2001.csv", digest: "${DIGEST}", path: data/rows.csv}], outputs: [build/rows.csv], params: [trees]}`,
        '{name: train, run: b, needs: [data], inputs: [train.mjs, build/rows.csv], outputs: [build/model], retries: 2, resources: {memory: 2GiB, cpu: 10m}}',
      ),
    );
    const [data, train] = build.steps;
    assert.deepEqual(data?.needs, []);
    assert.deepEqual(data?.inputs?.[2], { uri: 's3://rows/2001.csv', digest: DIGEST, path: 'data/rows.csv' });
    assert.deepEqual(data?.params, ['trees']);
    assert.deepEqual([train?.retries, train?.resources], [2, { memoryBytes: 2 * 2 ** 30, cpuMs: 600_000 }]);
  });

  it('may ask for the network, as every command may', () => {
    const steps = withSteps('{name: data, run: a, network: true}', '{name: train, run: b}');
    const text = steps.replace('install: {run: npm install,', 'install: {run: npm install, network: true,');
    const { install, build } = read(text);
    assert.deepEqual([install?.network, ...build.steps.map(({ network }) => network)], [true, true, undefined]);
  });

  it('are the same value as before where they say nothing of it', () => {
    assert.deepEqual(read(BASE).build.steps[0], { name: 'data', run: 'node data.mjs', env: {}, timeoutMs: 1_800_000 });
  });

  it('may keep a folder for their own attempts', () => {
    const steps = withSteps(
      '{name: data, run: a, inputs: [a], outputs: [b], checkpoint: state/data}',
      '{name: train, run: b}',
    );
    assert.equal(read(steps).build.steps[0]?.checkpoint, 'state/data');
  });

  /** Steps, and every problem that must be reported, in order. */
  const mistakes: readonly (readonly [why: string, steps: readonly string[], ...problems: readonly string[]])[] = [
    [
      'a step that needs one that is not there',
      ['{name: data, run: a}', '{name: train, run: b, needs: [dta]}'],
      '12:37: build.steps[1].needs[0]: there is no step "dta" (expected one of data; did you mean data?)',
    ],
    [
      'a step that needs itself',
      ['{name: data, run: a, needs: [data]}'],
      '11:36: build.steps[0].needs[0]: the steps wait for each other: data → data (expected steps without a cycle)',
    ],
    [
      'a checkpoint that is a pattern',
      ['{name: data, run: a, outputs: [b], checkpoint: "state/*"}'],
      '11:54: build.steps[0].checkpoint: is a pattern (expected the path of a folder)',
    ],
    [
      'a checkpoint of a step that writes nothing else',
      ['{name: data, run: a, checkpoint: state}'],
      '11:40: build.steps[0].checkpoint: is of a step without outputs (expected outputs of the step, too)',
    ],
    [
      'checkpoints that others read or write',
      [
        '{name: data, run: a, outputs: [b], checkpoint: b/state}',
        '{name: train, run: b, inputs: [state/x], outputs: [c], checkpoint: state}',
        '{name: more, run: b, outputs: [d], checkpoint: own}',
        '{name: most, run: b, outputs: [e], checkpoint: own/too}',
      ],
      '11:54: build.steps[0].checkpoint: b/state meets the output b of data (expected a folder that nobody else reads or writes)',
      '12:74: build.steps[1].checkpoint: state meets the input state/x of train (expected a folder that nobody else reads or writes)',
      '14:54: build.steps[3].checkpoint: own/too meets the checkpoint of more (expected a folder that nobody else reads or writes)',
    ],
    [
      'a cycle of three, told once',
      ['{name: a, run: x, needs: [c]}', '{name: b, run: x, needs: [a]}', '{name: c, run: x, needs: [b]}'],
      '11:33: build.steps[0].needs[0]: the steps wait for each other: a → c → b → a (expected steps without a cycle)',
    ],
    [
      'a cycle through the order that is implied',
      ['{name: a, run: x, needs: [b]}', '{name: b, run: x}'],
      '11:33: build.steps[0].needs[0]: the steps wait for each other: a → b → a (expected steps without a cycle)',
    ],
    [
      'an output claimed twice',
      ['{name: a, run: x, outputs: [build/m]}', '{name: b, run: x, outputs: [build/m]}'],
      '12:35: build.steps[1].outputs[0]: build/m is an output of a, too (expected each file as the output of one step)',
    ],
    [
      'an output within another',
      ['{name: a, run: x, outputs: [build]}', '{name: b, run: x, outputs: [build/m]}'],
      '12:35: build.steps[1].outputs[0]: build/m and build of a lie in each other (expected each file as the output of one step)',
    ],
    [
      'an output that is a pattern',
      ['{name: a, run: x, outputs: ["build/*.csv"]}'],
      '11:35: build.steps[0].outputs[0]: is a pattern (expected the path of a file or folder)',
    ],
    [
      'an input that another step may not have written yet',
      ['{name: a, run: x, outputs: [rows.csv]}', '{name: b, run: x, needs: [], inputs: [rows.csv]}'],
      '12:45: build.steps[1].inputs[0]: rows.csv is written by a, which may run after it (expected needs: [a])',
    ],
    [
      'a parameter that is not there',
      ['{name: a, run: x, params: [tres, data.exported]}'],
      '11:34: build.steps[0].params[0]: there is no parameter "tres" (expected one of trees, data.from, data.exported, data.until; did you mean trees?)',
    ],
    [
      'an address of another kind',
      [`{name: a, run: x, inputs: [{uri: "http://x/y", digest: "${DIGEST}", path: d}]}`],
      '11:40: build.steps[0].inputs[0].uri: is "http://x/y" (expected an address that begins with file:///, s3:// or https://)',
    ],
    [
      'data without its digest',
      ['{name: a, run: x, inputs: [{uri: "https://x/y", path: d}]}'],
      '11:34: build.steps[0].inputs[0].digest: is missing (expected sha256: and 64 hexadecimal digits)',
    ],
    [
      'a size without a unit, and too many retries',
      ['{name: a, run: x, retries: 6, resources: {memory: 2}}'],
      '11:34: build.steps[0].retries: is 6 (expected at most 5)',
      '11:57: build.steps[0].resources.memory: is 2 (expected a size such as 512MiB or 2GiB, from 16MiB to 1024GiB)',
    ],
  ];
  for (const [why, steps, ...problems] of mistakes) {
    it(`refuses ${why}`, () => {
      assert.deepEqual(problemsOf(withSteps(...steps)), problems);
      assert.ok(problems.every((line) => Number(line.split(':')[0]) >= FIRST_STEP_LINE));
    });
  }

  it('may be called like a member of an object', () => {
    assert.deepEqual(
      problemsOf(withSteps('{name: a, run: x, needs: []}', '{name: constructor, run: x, needs: [a]}')),
      [],
    );
    assert.match(
      problemsOf(withSteps('{name: a, run: x, needs: [constructor]}')).join(),
      /there is no step "constructor"/,
    );
  });

  it('are refused with a pattern of very many names, or of many **', () => {
    for (const pattern of [`**/${'a/'.repeat(31)}b`, '**/a/**/a/**/a/**/a/**/b'])
      assert.match(
        problemsOf(withSteps(`{name: a, run: x, inputs: ["${pattern}"]}`)).join(),
        /build\.steps\[0\]\.inputs\[0\].*expected a pattern of at most 32 names, 4 of them \*\*/,
      );
    assert.deepEqual(problemsOf(withSteps(`{name: a, run: x, inputs: ["${'a/'.repeat(100)}b"]}`)), []);
  });

  it('are refused where comparing them would take long', () => {
    const inputs = Array.from({ length: 160 }, (_, index) => `"*${'a'.repeat(100)}${index}"`).join(', ');
    const outputs = Array.from({ length: 100 }, (_, index) => `${'a'.repeat(250)}${index}`).join(', ');
    const steps = [1, 2, 3].map((step) => `{name: s${step}, run: x, inputs: [${inputs}]}`);
    assert.match(
      problemsOf(withSteps(`{name: out, run: x, outputs: [${outputs}]}`, ...steps)).join(),
      /its inputs and outputs take too long to compare \(expected folders, or fewer patterns\)/,
    );
  });

  it('are refused where there are too many inputs and outputs to compare', () => {
    const many = Array.from({ length: 60 }, (_, index) => `a${index}*b`).join(', ');
    const steps = Array.from({ length: 20 }, (_, index) => `{name: s${index}, run: x, inputs: [${many}]}`);
    assert.match(
      problemsOf(withSteps(...steps)).join('\n'),
      /its steps have 1200 inputs \(expected at most 500 in all\)/,
    );
  });
});

describe('merge keys', () => {
  it('are no way to make a small file large', () => {
    const layers = Array.from({ length: 20 }, (_, i) => `m${i}: &m${i} {<<: [*m${i - 1}, *m${i - 1}], k${i}: 1}`);
    const text = ['m: &m-1 {a: 1}', ...layers, `build: {<<: *m19}`].join('\n');
    assert.match(problemsOf(text).join('\n'), /its aliases multiply|unknown key/);
  });
});
