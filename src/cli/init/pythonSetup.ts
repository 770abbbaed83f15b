import type { Project, ProjectCheck, ProjectFiles, PythonKind } from './project.js';
import { pyprojectPackages } from './pyprojectPackages.js';

/** Files that list what Python needs. */
export const REQUIREMENTS = ['requirements.lock', 'requirements.txt', 'pyproject.toml', 'environment.yml', 'Pipfile'];

export type PythonSetup = Pick<Project, 'install' | 'checks' | 'advice'> & { readonly interpreter: string };

type Install = NonNullable<Project['install']>;

/** What a Python environment needs where no file lists it. */
const PACKAGES = {
  pytorch: ['torch', 'onnx'],
  'scikit-learn': ['scikit-learn', 'skl2onnx'],
  python: ['onnx'],
} as const satisfies Readonly<Record<PythonKind, readonly string[]>>;

/**
 * The environment of a Python repository, and its tests. A lock file with hashes becomes one that Slipway keeps; else
 * each checkout installs its own: by the lock file of uv or Poetry, or what requirements and pyproject list. The
 * project itself is never built: scripts are run where they stand.
 */
export const pythonSetup = (kind: PythonKind, files: ProjectFiles): PythonSetup => {
  const has = (path: string): boolean => files.paths.includes(path);
  const listed = REQUIREMENTS.filter(has);
  const hashed = listed.find((path) => /^requirements/.test(path) && /--hash=sha256:/.test(files.read(path) ?? ''));
  const packages = pyprojectPackages(files.read('pyproject.toml') ?? '');
  const wanted = [
    ...packages,
    ...listed.filter((path) => path !== 'pyproject.toml').map((path) => files.read(path) ?? ''),
  ];
  const checks = testsOf(files, hashed === undefined ? '.venv/bin/python' : 'python', wanted.join('\n'));
  if (hashed !== undefined) return { interpreter: 'python', install: { python: hashed, inputs: [] }, checks };
  const install = has('uv.lock')
    ? byTool('uv', '.uv/bin/uv sync --quiet --frozen --no-install-project --all-groups', 'uv.lock')
    : has('poetry.lock')
      ? byTool(
          'poetry',
          'POETRY_VIRTUALENVS_IN_PROJECT=true .poetry/bin/poetry install --quiet --no-root --all-groups',
          'poetry.lock',
        )
      : byPip(kind, listed, packages);
  return { interpreter: '.venv/bin/python', install, checks, advice: adviceOf(files) };
};

const testsOf = (files: ProjectFiles, interpreter: string, wanted: string): readonly ProjectCheck[] => {
  if (!files.paths.some((path) => /(^|\/)test_[^/]*\.py$|_test\.py$/.test(path))) return [];
  const junit = 'reports/unit.xml';
  return [
    /(^|[^\w-])pytest([^\w-]|$)/im.test(wanted)
      ? { name: 'unit', kind: 'unit', run: `${interpreter} -m pytest -q --junitxml=${junit}`, junit }
      : { name: 'unit', kind: 'unit', run: `${interpreter} -m unittest discover` },
  ];
};

/** A tool in an environment of its own makes `.venv` as its lock file says. */
const byTool = (tool: 'uv' | 'poetry', command: string, lock: string): Install => ({
  run: `python3 -m venv .${tool} && .${tool}/bin/pip install --quiet ${tool} && ${command}`,
  inputs: ['pyproject.toml', lock],
});

const byPip = (kind: PythonKind, listed: readonly string[], packages: readonly string[]): Install => {
  const requirements = listed.find((path) => /^requirements/.test(path));
  const words =
    requirements !== undefined
      ? `-r ${requirements}`
      : (packages.length > 0 ? packages : PACKAGES[kind]).map(quote).join(' ');
  const inputs = requirements ?? (packages.length > 0 ? 'pyproject.toml' : undefined);
  return {
    run: `python3 -m venv .venv && .venv/bin/pip install --quiet ${words}`,
    inputs: inputs === undefined ? [] : [inputs],
  };
};

const quote = (word: string): string => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", '"')}'`);

const adviceOf = (files: ProjectFiles): readonly string[] => {
  const into =
    'requirements.lock, commit it, and write `install: { python: requirements.lock }`: Slipway then keeps one environment for all releases';
  if (files.paths.includes('uv.lock'))
    return [`uv export --frozen --no-emit-project --all-groups --output-file ${into}`];
  if (files.paths.includes('poetry.lock')) return [`poetry export --output ${into}`];
  const foreign = ['environment.yml', 'Pipfile'].find((path) => files.paths.includes(path));
  return foreign === undefined ? [] : [`${foreign} is not read: list what it has in requirements.txt`];
};
