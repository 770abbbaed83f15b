/** What kind of model repository this is, from the names of its files and the text of a few of them. */
export type ProjectKind = 'node' | PythonKind | 'mlflow' | 'other';
type PythonKind = 'scikit-learn' | 'pytorch' | 'python';

export interface Project {
  readonly kind: ProjectKind;
  /** Why it is taken for that. */
  readonly because: string;
  /** Name of the model that it suggests. */
  readonly name: string;
  readonly install?: { readonly run?: string; readonly python?: string; readonly inputs: readonly string[] };
  readonly checks: readonly ProjectCheck[];
  readonly steps: readonly ProjectStep[];
  /** Its dvc.yaml, whose stages stand in the place of steps. */
  readonly dvc?: string;
  /** Where the model and its tables are, as far as files or scripts name them. */
  readonly model: string;
  /** Files that this spec asks for and nobody has written yet. */
  readonly missing: readonly string[];
}

export interface ProjectCheck {
  readonly name: string;
  readonly kind: 'lint' | 'unit';
  readonly run: string;
  readonly junit?: string;
}

export interface ProjectStep {
  readonly name: string;
  readonly run: string;
  readonly inputs: readonly string[];
}

export interface ProjectFiles {
  /** Paths, with `/`. */
  readonly paths: readonly string[];
  /** Text of a file; undefined where it is not there. */
  read(path: string): string | undefined;
}

const REQUIREMENTS = ['requirements.lock', 'requirements.txt', 'pyproject.toml', 'environment.yml', 'Pipfile'];

/** What a Python environment needs where no file lists it. */
const PACKAGES = { pytorch: 'torch onnx', 'scikit-learn': 'scikit-learn skl2onnx', python: 'onnx' } as const;

/** `other`, with a script to be written, where nothing says what this is. A dvc.yaml at the root is its build. */
export const detectProject = (files: ProjectFiles, folder: string): Project => {
  const project = detectKind(files, folder);
  if (!files.paths.includes('dvc.yaml')) return project;
  return { ...project, because: `${project.because}, and dvc.yaml`, dvc: 'dvc.yaml', steps: [], missing: [] };
};

const detectKind = (files: ProjectFiles, folder: string): Project => {
  const name = nameOf(folder);
  const mlmodel = files.paths.find((path) => /(^|\/)MLmodel$/.test(path));
  if (mlmodel !== undefined) return mlflow(files, mlmodel, name);
  const listed = REQUIREMENTS.filter((path) => files.paths.includes(path));
  const text = listed.map((path) => files.read(path) ?? '').join('\n');
  const imports = files.paths
    .filter((path) => path.endsWith('.py'))
    .slice(0, 200)
    .map((path) => files.read(path) ?? '')
    .join('\n');
  const uses = (library: string, module: string): string | undefined => {
    const where = listed.find((path) =>
      new RegExp(`(^|[^\\w-])${library}([^\\w-]|$)`, 'im').test(files.read(path) ?? ''),
    );
    if (where !== undefined) return `${where} names ${library}`;
    return new RegExp(`^\\s*(import|from)\\s+${module}\\b`, 'm').test(imports) ? `a file imports ${module}` : undefined;
  };
  const torch = uses('torch', 'torch');
  if (torch !== undefined) return python('pytorch', torch, files, listed, text, name);
  const sklearn = uses('scikit-learn', 'sklearn');
  if (sklearn !== undefined) return python('scikit-learn', sklearn, files, listed, text, name);
  if (files.paths.includes('package.json')) return node(files, name);
  const script = files.paths.find((path) => path.endsWith('.py'));
  if (script !== undefined) return python('python', `${script} is there`, files, listed, text, name);
  return other(files, name);
};

const nameOf = (folder: string): string =>
  folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63) || 'my-model';

const node = (files: ProjectFiles, name: string): Project => {
  const { scripts = {}, name: written } = readJson(files.read('package.json'));
  const locked = files.paths.includes('package-lock.json');
  const script = (wanted: string): string | undefined => (typeof scripts[wanted] === 'string' ? wanted : undefined);
  const lint = script('lint') ?? script('format');
  const train = script('train') ?? script('build');
  return {
    kind: 'node',
    because: 'package.json is there',
    name: typeof written === 'string' ? nameOf(written.replace(/^@[^/]*\//, '')) : name,
    install: {
      run: locked ? 'npm ci' : 'npm install',
      inputs: ['package.json', ...(locked ? ['package-lock.json'] : [])],
    },
    checks: [
      ...(lint === undefined ? [] : [{ name: 'lint', kind: 'lint', run: `npm run ${lint}` } as const]),
      ...(script('test') === undefined ? [] : [{ name: 'unit', kind: 'unit', run: 'npm test' } as const]),
    ],
    steps:
      train === undefined
        ? [trainStep(files, /(^|\/)train\.[cm]?js$/, 'node', 'train.mjs')]
        : [{ name: train, run: `npm run ${train}`, inputs: [] }],
    model: modelPath(files),
    missing: train === undefined ? missingScript(files, /(^|\/)train\.[cm]?js$/, 'train.mjs') : [],
  };
};

const other = (files: ProjectFiles, name: string): Project => ({
  kind: 'other',
  because: 'nothing says which language it is in',
  name,
  checks: [],
  steps: [trainStep(files, /(^|\/)train[^/]*\.sh$/, 'sh', 'train.sh')],
  model: modelPath(files),
  missing: missingScript(files, /(^|\/)train[^/]*\.sh$/, 'train.sh'),
});

/** A lock file with hashes becomes an environment that Slipway keeps; without one, each checkout installs its own. */
const python = (
  kind: PythonKind,
  because: string,
  files: ProjectFiles,
  listed: readonly string[],
  requirements: string,
  name: string,
): Project => {
  const locked = listed.find((path) => /^requirements/.test(path) && /--hash=sha256:/.test(files.read(path) ?? ''));
  const interpreter = locked === undefined ? '.venv/bin/python' : 'python';
  const tests = files.paths.some((path) => /(^|\/)test_[^/]*\.py$|_test\.py$/.test(path));
  const pytest = /(^|[^\w-])pytest([^\w-]|$)/i.test(requirements);
  const junit = 'reports/unit.xml';
  const unit: ProjectCheck = pytest
    ? { name: 'unit', kind: 'unit', run: `${interpreter} -m pytest -q --junitxml=${junit}`, junit }
    : { name: 'unit', kind: 'unit', run: `${interpreter} -m unittest discover` };
  return {
    kind,
    because,
    name,
    install: locked === undefined ? ownEnvironment(kind, listed[0]) : { python: locked, inputs: [] },
    checks: tests ? [unit] : [],
    steps: [trainStep(files, /(^|\/)train[^/]*\.py$/, interpreter, 'train.py')],
    model: modelPath(files),
    missing: missingScript(files, /(^|\/)train[^/]*\.py$/, 'train.py'),
  };
};

const ownEnvironment = (kind: PythonKind, listed: string | undefined): NonNullable<Project['install']> => {
  const wanted = listed === undefined ? PACKAGES[kind] : /requirements/.test(listed) ? `-r ${listed}` : '.';
  return {
    run: `python3 -m venv .venv && .venv/bin/pip install --quiet ${wanted}`,
    inputs: listed === undefined ? [] : [listed],
  };
};

/** The ONNX flavour is a file that is there already; any other must be exported by a step of the user's. */
const mlflow = (files: ProjectFiles, mlmodel: string, name: string): Project => {
  const text = files.read(mlmodel) ?? '';
  const folder = mlmodel.includes('/') ? `${mlmodel.slice(0, mlmodel.lastIndexOf('/'))}/` : '';
  const onnx = /^\s+onnx:\s*$/m.test(text)
    ? (/^\s+data:\s*(\S+\.onnx)\s*$/m.exec(text)?.[1] ?? 'model.onnx')
    : undefined;
  const exported = onnx !== undefined;
  return {
    kind: 'mlflow',
    because: `${mlmodel} is there${exported ? ', with the ONNX flavour' : ', without the ONNX flavour'}`,
    name,
    checks: [],
    steps: exported
      ? [
          {
            name: 'collect',
            run: `mkdir -p build && cp ${folder}${onnx} build/model.onnx`,
            inputs: [`${folder}${onnx}`],
          },
        ]
      : [trainStep(files, /(^|\/)export[^/]*\.py$/, 'python3', 'export.py')],
    model: 'build/model.onnx',
    missing: exported ? [] : missingScript(files, /(^|\/)export[^/]*\.py$/, 'export.py'),
  };
};

const trainStep = (files: ProjectFiles, pattern: RegExp, interpreter: string, otherwise: string): ProjectStep => {
  const script = files.paths.find((path) => pattern.test(path)) ?? otherwise;
  const folder = script.slice(0, Math.max(0, script.lastIndexOf('/')));
  // A module of a package finds its neighbours only when it is run as one.
  const packaged = script.endsWith('.py') && folder !== '' && files.paths.includes(`${folder}/__init__.py`);
  const called = packaged ? `-m ${script.replace(/\.py$/, '').replaceAll('/', '.')}` : script;
  return { name: otherwise.replace(/\..*$/, ''), run: `${interpreter} ${called}`, inputs: [] };
};

const missingScript = (files: ProjectFiles, pattern: RegExp, otherwise: string): readonly string[] =>
  files.paths.some((path) => pattern.test(path)) ? [] : [otherwise];

/** Where a script writes an ONNX file, if one says so. */
const modelPath = (files: ProjectFiles): string => {
  for (const path of files.paths.filter((one) => /\.(py|[cm]?js)$/.test(one)).slice(0, 200)) {
    const found = /['"]((?:[\w-]+\/)*[\w-]+\.onnx)['"]/.exec(files.read(path) ?? '')?.[1];
    if (found !== undefined) return found;
  }
  return 'build/model.onnx';
};

const readJson = (
  text: string | undefined,
): { readonly scripts?: Record<string, unknown>; readonly name?: unknown } => {
  try {
    return JSON.parse(text ?? '{}') as { scripts?: Record<string, unknown>; name?: unknown };
  } catch {
    return {};
  }
};
