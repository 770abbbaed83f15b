import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseSpec } from '../../src/contract/spec/parseSpec.js';
import type { Spec } from '../../src/domain/spec/types.js';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
const folder = mkdtempSync(join(tmpdir(), 'slipway-init-'));
after(async () => {
  rmSync(folder, { recursive: true });
  await scene.close();
});

const repository = (name: string, files: Readonly<Record<string, string>>): string => {
  const root = join(folder, name);
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
};
const written = (root: string, others: Readonly<Record<string, string>> = {}): Spec => {
  const text = readFileSync(join(root, 'slipway.yaml'), 'utf8');
  const parsed = parseSpec(text, 'slipway.yaml', (path) => others[path]);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.spec;
};
const init = async (root: string, ...words: readonly string[]) => {
  const { exit, stdout, stderr } = await scene.run(['init', root, '--json', ...words]);
  assert.equal(exit, 0, stderr);
  return JSON.parse(stdout) as { kind: string; because: string; open: readonly string[] };
};

describe('init', () => {
  test('knows a repository of Node by its scripts', async () => {
    const root = repository('Node Model', {
      'package.json': JSON.stringify({
        name: '@team/churn',
        scripts: { lint: 'eslint .', test: 'node --test', train: 'node train.mjs' },
      }),
      'package-lock.json': '{}',
      'train.mjs': "writeFileSync('out/churn.onnx', bytes)",
      'node_modules/torch/requirements.txt': 'torch',
    });
    assert.equal((await init(root)).kind, 'node');
    const spec = written(root);
    assert.equal(spec.model, 'churn');
    assert.deepEqual([spec.install?.run, spec.install?.inputs], ['npm ci', ['package.json', 'package-lock.json']]);
    assert.deepEqual(
      spec.checks.map(({ name, kind, run }) => [name, kind, run]),
      [
        ['lint', 'lint', 'npm run lint'],
        ['unit', 'unit', 'npm test'],
      ],
    );
    assert.deepEqual([spec.build.steps[0]?.run, spec.artifact.model], ['npm run train', 'out/churn.onnx']);
  });

  test('knows Python with scikit-learn, and takes the columns from a table', async () => {
    const root = repository('late_ferries', {
      'requirements.txt': 'scikit-learn==1.5.0\nskl2onnx==1.17.0\npytest\n',
      'src/train.py': 'import sklearn\n',
      'tests/test_train.py': 'def test_it(): pass\n',
      'data/train.csv': 'departed_at,wind,harbour,late\n2001-01-01,1.5,north,0\n2001-01-02,2,south,1\n',
    });
    assert.equal((await init(root)).because, 'requirements.txt names scikit-learn');
    const spec = written(root);
    assert.equal(spec.model, 'late-ferries');
    assert.match(spec.install?.run ?? '', /venv .venv && .venv\/bin\/pip install --quiet -r requirements.txt/);
    assert.deepEqual(
      spec.signature.features.map(({ name, type }) => [name, type]),
      [
        ['wind', 'number'],
        ['harbour', 'string'],
      ],
    );
    assert.deepEqual([spec.signature.label, spec.signature.eventTime], ['late', 'departed_at']);
    assert.equal(spec.build.steps[0]?.run, '.venv/bin/python src/train.py');
    assert.deepEqual(
      [spec.checks[0]?.run, spec.checks[0]?.junit],
      ['.venv/bin/python -m pytest -q --junitxml=reports/unit.xml', 'reports/unit.xml'],
    );
  });

  test('takes the stages of a dvc.yaml for the build', async () => {
    const root = repository('piped', {
      'requirements.txt': 'scikit-learn==1.5.0\n',
      'params.yaml': 'trees: 60\n',
      'dvc.yaml': 'stages: { train: { cmd: python train.py, deps: [train.py], params: [trees], outs: [build] } }\n',
    });
    const { because, open } = await init(root);
    assert.equal(because, 'requirements.txt names scikit-learn, and dvc.yaml');
    assert.ok(!open.some((one) => /write train\.py/.test(one)), open.join('\n'));
    const { steps, params } = written(root, {
      'dvc.yaml': readFileSync(join(root, 'dvc.yaml'), 'utf8'),
      'params.yaml': 'trees: 60',
    }).build;
    assert.deepEqual([steps.map(({ name }) => name), params], [['train'], { trees: 60 }]);
  });

  const PYPROJECT = `[project]
name = "flights"
version = "0"
dependencies = ["scikit-learn>=1.5", "importlib-metadata; python_version < '3.10'"]
[dependency-groups]
dev = ["pytest>=8", { include-group = "lint" }]
lint = ["ruff"]
`;
  const FLAT = {
    'pyproject.toml': PYPROJECT,
    'train.py': '',
    'tests/test_train.py': '',
    'data/rows.csv': 'a\n1\n',
    'models/.keep': '',
  };

  test('installs what pyproject.toml lists, and never builds the project', async () => {
    const root = repository('flat', FLAT);
    await init(root);
    const { install, checks } = written(root);
    assert.equal(
      install?.run,
      `python3 -m venv .venv && .venv/bin/pip install --quiet 'scikit-learn>=1.5' 'importlib-metadata; python_version < "3.10"' 'pytest>=8' ruff`,
    );
    assert.deepEqual(install.inputs, ['pyproject.toml']);
    assert.equal(checks[0]?.run, '.venv/bin/python -m pytest -q --junitxml=reports/unit.xml');
  });

  for (const [tool, lock, command] of [
    ['uv', 'uv.lock', '.uv/bin/uv sync --quiet --frozen --no-install-project --all-groups'],
    [
      'poetry',
      'poetry.lock',
      'POETRY_VIRTUALENVS_IN_PROJECT=true .poetry/bin/poetry install --quiet --no-root --all-groups',
    ],
  ] as const)
    test(`installs by the lock file of ${tool}, and says how Slipway could keep that environment`, async () => {
      const root = repository(`by-${tool}`, { ...FLAT, [lock]: '' });
      const { open } = await init(root);
      const { install } = written(root);
      assert.deepEqual(
        [install?.run, install?.inputs],
        [
          `python3 -m venv .${tool} && .${tool}/bin/pip install --quiet ${tool} && ${command}`,
          ['pyproject.toml', lock],
        ],
      );
      assert.match(open[0] ?? '', new RegExp(`^${tool} export .*requirements\\.lock`));
    });

  test('takes the columns that an MLflow model says it reads', async () => {
    const root = repository('signed', {
      MLmodel: `flavors:
  onnx:
    data: model.onnx
signature:
  inputs: '[{"type": "double", "name": "wind"}, {"type": "long", "name": "hour"}, {"type": "string", "name": "port"}, {"type": "datetime", "name": "at"}]'
`,
      'model.onnx': '',
    });
    await init(root);
    assert.deepEqual(
      written(root).signature.features.map(({ name, type }) => [name, type]),
      [
        ['wind', 'number'],
        ['hour', 'integer'],
        ['port', 'string'],
      ],
    );
  });

  test('lets Slipway keep the environment where a lock file of Python has hashes', async () => {
    const root = repository('locked', {
      'requirements.txt': 'scikit-learn\n',
      'requirements.lock': `scikit-learn==1.7.2 \\\n    --hash=sha256:${'a'.repeat(64)}\n`,
      'pipeline/__init__.py': '',
      'pipeline/train.py': 'import sklearn\n',
      'tests/test_train.py': 'def test_it(): pass\n',
    });
    await init(root);
    const spec = written(root);
    assert.deepEqual([spec.install?.python, spec.install?.run], ['requirements.lock', undefined]);
    assert.equal(spec.checks[0]?.run, 'python -m unittest discover');
    assert.equal(spec.build.steps[0]?.run, 'python -m pipeline.train');
  });

  test('knows PyTorch by an import, and says what must still be written', async () => {
    const root = repository('vision', { 'net.py': 'import torch\nfrom torch import nn\n' });
    const { kind, open } = await init(root, '--model', 'vision-2', '--owner', 'team');
    assert.equal(kind, 'pytorch');
    assert.match(open.join(), /write train\.py: it makes build\/model\.onnx/);
    assert.match(open.join(), /name the columns/);
    assert.deepEqual([written(root).model, written(root).owners], ['vision-2', ['team']]);
  });

  test('knows an MLflow model, with and without its ONNX flavour', async () => {
    const onnx = repository('with-onnx', {
      'model/MLmodel': 'flavors:\n  onnx:\n    data: model.onnx\n',
      'model/model.onnx': 'x',
    });
    const { because, open } = await init(onnx);
    assert.match(because, /with the ONNX flavour/);
    assert.match(open.join(), /let a step write build\/evaluation\.csv and build\/reference\.csv/);
    assert.match(open.join(), /label and event_time are guesses/);
    assert.equal(written(onnx).build.steps[0]?.run, 'mkdir -p build && cp model/model.onnx build/model.onnx');
    const pickle = repository('with-pickle', { MLmodel: 'flavors:\n  sklearn:\n    pickled_model: model.pkl\n' });
    assert.match((await init(pickle)).open.join(), /write export\.py/);
  });

  test('writes a spec to begin with for any language', async () => {
    const plain = repository('plain', { 'model.py': 'import math\n', 'requirements.txt': 'numpy\n' });
    assert.equal((await init(plain)).kind, 'python');
    assert.match(written(plain).install?.run ?? '', /pip install --quiet -r requirements\.txt$/);
    assert.equal(written(plain).build.steps[0]?.run, '.venv/bin/python train.py');
    const r = repository('in-r', { 'model.R': 'x <- 1\n' });
    const { kind, open } = await init(r);
    assert.deepEqual([kind, written(r).build.steps[0]?.run], ['other', 'sh train.sh']);
    assert.match(open.join(), /write train\.sh: it makes build\/model\.onnx/);
  });

  test('counts the columns as they are, also those that no feature can be called as', async () => {
    const root = repository('pandas', {
      'train.py': "import sklearn\nframe.to_csv('build/evaluation.csv')\n",
      'data.csv': ',origin,hour,dep flag,late,event_time\n0,DEN,17.5,x,1,2001-01-01\n',
    });
    const { open } = await init(root);
    assert.deepEqual(
      written(root).signature.features.map(({ name, type }) => [name, type]),
      [
        ['origin', 'string'],
        ['hour', 'number'],
      ],
    );
    assert.deepEqual(open, [
      'let a step write build/reference.csv: no script names it',
      'rename "dep flag" if the model reads them: letters, digits, _ and - are taken',
    ]);
  });

  test('refuses a table that is not there, and columns that it does not have', async () => {
    const root = repository('columns', {
      'package.json': '{}',
      'data/train.csv': 'departed_at,wind,delayed\n2001-01-01,1.5,0\n',
    });
    for (const [words, told] of [
      [['--table', 'nope.csv'], /usage: nope\.csv is no CSV table in the repository/],
      [
        ['--label', 'nope'],
        /data\/train\.csv has no column nope: name one with --label; there are departed_at, wind, delayed/,
      ],
      [['--label', 'delayed', '--event-time', 'never'], /has no column never: name one with --event-time/],
      [[], /has no column label: name one with --label/],
    ] as const) {
      const ran = await scene.run(['init', root, ...words]);
      assert.deepEqual([ran.exit, told.test(ran.stderr)], [2, true], ran.stderr);
    }
    await init(root, '--label', 'delayed');
    assert.deepEqual(
      written(root).signature.features.map(({ name }) => name),
      ['wind'],
    );
  });

  test('says what comes next for the folder that was named, and that a canary needs traffic', async () => {
    const root = repository('next', { 'package.json': '{}' });
    const { stdout } = await scene.run(['init', root]);
    assert.ok(stdout.includes(`slipway dev --repository ${root}; slipway plan`), stdout);
    assert.match(stdout, /turn on its canary in slipway\.yaml when it has traffic/);
    const text = readFileSync(join(root, 'slipway.yaml'), 'utf8');
    assert.equal(written(root).environments.at(-1)?.rollout.strategy, 'immediate');
    const turnedOn = text.replace('    rollout: immediate\n', '').replace(/^ {4}# (rollout:|  )/gm, '    $1');
    const parsed = parseSpec(turnedOn, 'slipway.yaml');
    assert.ok(parsed.ok && parsed.spec.environments.at(-1)?.rollout.strategy === 'canary', turnedOn);
  });

  test('keeps a slipway.yaml that is there', async () => {
    const root = repository('kept', { 'package.json': '{}', 'slipway.yaml': 'mine' });
    const kept = await scene.run(['init', root]);
    assert.equal(kept.exit, 2);
    assert.match(kept.stderr, /is there already; --force replaces it/);
    assert.equal(readFileSync(join(root, 'slipway.yaml'), 'utf8'), 'mine');
    await init(root, '--force');
    const bad = await scene.run(['init', repository('bad', { 'package.json': '{}' }), '--model', 'No Name']);
    assert.deepEqual([bad.exit, /model: is "No Name"/.test(bad.stderr)], [2, true]);
  });
});
