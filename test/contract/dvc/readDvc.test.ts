import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDvc } from '../../../src/contract/dvc/readDvc.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';
import type { BuildSpec } from '../../../src/domain/spec/types.js';

type Files = Readonly<Record<string, string>>;

const read = (text: string, files: Files = {}, path = 'dvc.yaml') => readDvc(text, path, (name) => files[name]);
const build = (text: string, files: Files = {}, path = 'dvc.yaml'): BuildSpec => {
  const made = read(text, files, path);
  assert.ok(made.ok, made.ok ? '' : made.problems.map(formatProblem).join('\n'));
  return made.build;
};
const problems = (text: string, files: Files = {}): readonly string[] => {
  const made = read(text, files);
  return made.ok ? [] : made.problems.map((one) => formatProblem(one).slice('dvc.yaml:'.length));
};

const PIPELINE = `vars:
  - names.yaml
  - folder: build
stages:
  Train_model:
    cmd: python train.py --trees \${train.trees} --out \${folder}/model.onnx
    deps: [train.py, build/rows]
    params: [train, seed]
    outs:
      - \${folder}/model.onnx: { cache: false }
    metrics: [build/report.json: { cache: false }]
  prepare:
    wdir: stages/data
    cmd: [python prepare.py, "echo 'done'"]
    deps: [prepare.py, "../../\${raw}"]
    params:
      - days
      - ../limits.json: [max.rows]
      - all.yaml:
    outs: [../../build/rows]
  look: { cmd: python look.py, deps: [build/rows], always_changed: true, plots: [build/look.svg] }
  fetch: { cmd: curl somewhere, outs: [data/raw.csv], frozen: true, desc: by hand }
`;
const FILES: Files = {
  'names.yaml': 'raw: data/raw.csv\n',
  'params.yaml': 'train: { trees: 60, depth: 5 }\nseed: 7\n',
  'stages/data/params.yaml': 'days: 28\n',
  'stages/limits.json': '{"max": {"rows": 1000}}',
};

describe('stages of a dvc.yaml', () => {
  it('are the steps, with needs by what they read and write', () => {
    const { steps } = build(PIPELINE, FILES);
    assert.deepEqual(
      steps.map(({ name, needs }) => [name, needs]),
      [
        ['train-model', ['prepare']],
        ['prepare', []],
        ['look', ['prepare']],
      ],
    );
    const [train, prepare, look] = steps;
    assert.equal(train?.run, 'python train.py --trees 60 --out build/model.onnx');
    assert.deepEqual(train.inputs, ['train.py', 'build/rows']);
    assert.deepEqual(train.outputs, ['build/model.onnx', 'build/report.json']);
    assert.equal(prepare?.run, "cd 'stages/data' || exit\n(python prepare.py\n) || exit\n(echo 'done'\n) || exit");
    assert.deepEqual(prepare.inputs, ['stages/data/prepare.py', 'data/raw.csv', 'stages/data/all.yaml']);
    assert.deepEqual(prepare.outputs, ['build/rows']);
    assert.equal(look?.outputs, undefined, 'what runs always is never skipped');
  });

  it('have the parameters that they name, from the files where their commands read them', () => {
    const { params, origins, steps } = build(PIPELINE, FILES);
    assert.deepEqual(params, {
      train: '{"trees":60,"depth":5}',
      seed: 7,
      'stages.data.params.yaml.days': 28,
      'stages.limits.json.max.rows': 1000,
    });
    assert.deepEqual(origins?.['stages.limits.json.max.rows'], { file: 'stages/limits.json', keys: ['max', 'rows'] });
    assert.deepEqual(
      steps.map((step) => step.params),
      [['train', 'seed'], ['stages.data.params.yaml.days', 'stages.limits.json.max.rows'], []],
    );
  });

  it('may stand in a folder, whose paths are theirs', () => {
    const { steps } = build('stages: { a: { cmd: ./a, deps: [in.csv], outs: [out.csv] } }', {}, 'ml/dvc.yaml');
    assert.deepEqual([steps[0]?.inputs, steps[0]?.outputs], [['ml/in.csv'], ['ml/out.csv']]);
    assert.equal(steps[0]?.run, "cd 'ml' || exit\n./a");
  });

  const shown = (text: string, files: Files = {}) =>
    build(text, files).steps.map(({ name, run, outputs, needs }) => [name, run, outputs?.[0], needs]);

  it('are written out where foreach stands for many: a list, composite items, a mapping, a value of vars', () => {
    assert.deepEqual(
      shown(
        [
          'vars: [{ ports: { north: { tide: 2 }, South_2: { tide: 3 } } }]',
          'stages:',
          '  rows: { foreach: [a.b, 7], do: { cmd: "get ${item}", outs: ["rows/${item}"] } }',
          '  many: { foreach: [{ x: 1 }, { x: 2 }], do: { cmd: "get ${item.x}" } }',
          '  port: { foreach: "${ports}", do: { cmd: "get ${key} ${item.tide}", deps: [rows/7] } }',
        ].join('\n'),
      ),
      [
        ['rows-a-b', 'get a.b', 'rows/a.b', []],
        ['rows-7', 'get 7', 'rows/7', []],
        ['many-0', 'get 1', undefined, []],
        ['many-1', 'get 2', undefined, []],
        ['port-north', 'get north 2', undefined, ['rows-7']],
        ['port-south-2', 'get South_2 3', undefined, ['rows-7']],
      ],
    );
  });

  it('are written out where a matrix stands for every choice', () => {
    assert.deepEqual(
      shown(
        'stages: { fit: { matrix: { kind: [tree, "${other}"], at: [{ d: 1 }, { d: 2 }] }, cmd: "fit ${item.kind} ${item.at.d}", outs: ["${key}"] } }',
        { 'params.yaml': 'other: line\n' },
      ),
      [
        ['fit-tree-at0', 'fit tree 1', 'tree-at0', []],
        ['fit-tree-at1', 'fit tree 2', 'tree-at1', []],
        ['fit-line-at0', 'fit line 1', 'line-at0', []],
        ['fit-line-at1', 'fit line 2', 'line-at1', []],
      ],
    );
  });

  it('have values of their own, from where they run', () => {
    assert.deepEqual(
      shown('stages: { one: { wdir: ml, vars: [own.yaml, { b: 3 }], cmd: "fit ${a} ${b}" } }', {
        'params.yaml': 'a: 0\n',
        'ml/own.yaml': 'a: 1\nb: 2\n',
      }),
      [['one', "cd 'ml' || exit\nfit 1 3", undefined, []]],
    );
  });

  it('are refused where few bytes of them stand for very many', () => {
    const many = '${a}'.repeat(2000);
    const list = `"${Array.from({ length: 4000 }, () => 'b').join(',')}"`;
    const bombs: readonly (readonly [text: string, files: Files, told: RegExp])[] = [
      [
        `stages: { one: { cmd: "${many}" } }`,
        { 'params.yaml': `a: ${'x'.repeat(100_000)}` },
        /is longer than 8,192 characters/,
      ],
      [
        `stages: { one: { cmd: make, deps: [${Array.from({ length: 200 }, () => '"${a}"').join(', ')}] } }`,
        { 'params.yaml': `a: ${'x'.repeat(90_000)}` },
        /is longer than 8,192 characters/,
      ],
      [
        `stages: {${Array.from({ length: 50 }, (_, at) => ` s${at}: { cmd: [${Array.from({ length: 50 }, () => '"${a}"').join(', ')}] }`).join(',')} }`,
        { 'params.yaml': `a: ${'x'.repeat(8000)}` },
        /stand for more than 4 MiB/,
      ],
      [
        `stages: { one: { cmd: make, params: [${Array.from({ length: 25 }, () => list).join(', ')}] } }`.slice(
          0,
          250_000,
        ),
        { 'params.yaml': `b: [${Array.from({ length: 3900 }, () => '12345678901234567890').join(',')}]` },
        /b has more than 65,536 characters/,
      ],
      [
        `stages: {${Array.from({ length: 60 }, (_, at) => ` s${at}: { foreach: [${Array.from({ length: 50 }, (_, one) => one).join(', ')}], do: { cmd: make } }`).join(',')} }`,
        {},
        /has 3000 stages that run/,
      ],
    ];
    for (const [text, files, told] of bombs) assert.match(problems(text, files)[0] ?? '', told);
  });

  const stage = (more: string): string => `stages:\n  one:\n    cmd: make\n    ${more}\n`;
  const mistakes: readonly (readonly [why: string, text: string, ...told: readonly string[]])[] = [
    [
      'a key that is misspelt',
      stage('dep: [a]'),
      '4:5: stages.one.dep: unknown key (expected one of cmd, wdir, vars, deps, params, outs, metrics, plots, frozen, always_changed, desc, meta, foreach, do, matrix; did you mean deps?)',
    ],
    [
      'a stage without a command',
      'stages:\n  one: { deps: [a] }',
      '2:8: stages.one.cmd: is missing (expected a command, or a list of commands)',
    ],
    [
      'foreach without do',
      'stages:\n  one:\n    foreach: [a, b]\n    cmd: make\n',
      '3:5: stages.one.do: is missing (expected the stage that is run for each)',
    ],
    [
      'a key beside foreach',
      'stages:\n  one:\n    foreach: [a, b]\n    deps: [rows]\n    do: { cmd: make }\n',
      '4:11: stages.one.deps: stands beside foreach (expected deps below do)',
    ],
    [
      'foreach over what is no list',
      'vars: [{ days: 7 }]\nstages:\n  one:\n    foreach: ${days}\n    do: { cmd: make }\n',
      '4:14: stages.one.foreach: stands for 0 stages (expected a list or a mapping of 1 to 50)',
    ],
    [
      'a matrix of too many',
      stage(`matrix: { a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5, 6, 7, 8] }`),
      '4:13: stages.one.matrix: stands for 64 stages (expected lists that make 1 to 50)',
    ],
    [
      'an item that has no such value',
      'stages:\n  one:\n    foreach: [a, b]\n    do: { cmd: "make ${item.name}" }\n',
      '4:16: stages.one.do.cmd: there is no value for ${item.name} (expected a value of params.yaml or vars)',
    ],
    [
      'a value that is not there',
      stage('deps: ["${raw}"]'),
      '4:12: stages.one.deps[0]: there is no value for ${raw} (expected a value of params.yaml or vars)',
    ],
    [
      'a template that is no name',
      stage('wdir: ${a b}'),
      '4:11: stages.one.wdir: ${a b} is no name of a value (expected a value of params.yaml or vars)',
    ],
    [
      'a file of values that is not there',
      'vars: [more.yaml]\nstages: { one: { cmd: make } }',
      '1:8: vars[0]: there is no more.yaml (expected a file of YAML or JSON in the repository)',
    ],
    [
      'a parameter that is not there',
      stage('params: [seed]'),
      '4:14: stages.one.params[0]: there is no params.yaml (expected a key of a file of YAML or JSON)',
    ],
    [
      'a dependency elsewhere',
      stage('deps: [s3://rows/2001.csv]'),
      '4:12: stages.one.deps[0]: s3://rows/2001.csv is not in the repository (expected a path of the repository; data from elsewhere is an input of a step in slipway.yaml)',
    ],
    [
      'a path above the root',
      stage('outs: [../model.onnx]'),
      '4:12: stages.one.outs[0]: ../model.onnx is not in the repository (expected a path of the repository; data from elsewhere is an input of a step in slipway.yaml)',
    ],
    [
      'two stages that write the same',
      'stages:\n  one: { cmd: make, outs: [a] }\n  two: { cmd: make, outs: [a/b] }',
      '3:8: stages.two: one writes what two writes (expected each file as the output of one stage)',
    ],
    [
      'two names of one step',
      'stages:\n  a_b: { cmd: make }\n  a-b: { cmd: make }',
      '3:8: stages.a-b: another stage is the step a-b, too (expected names that differ in letters or digits, not only in capitals and signs)',
    ],
    [
      'a cycle',
      'stages:\n  one: { cmd: make, deps: [b], outs: [a] }\n  two: { cmd: make, deps: [a], outs: [b] }',
      '2:8: stages.one: the stages wait for each other: one → two → one (expected stages without a cycle)',
    ],
    ['nothing to run', 'stages: {}', '1:9: stages: has 0 stages that run (expected 1 to 50)'],
  ];
  for (const [why, text, ...told] of mistakes)
    it(`are refused with their place for ${why}`, () => {
      assert.deepEqual(problems(text), told);
    });
});
