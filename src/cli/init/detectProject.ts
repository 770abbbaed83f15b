import { mlflowColumns } from './mlflowColumns.js';
import type { Project, ProjectFiles, PythonKind } from './project.js';
import { pythonSetup, REQUIREMENTS } from './pythonSetup.js';
import { missingScript, modelPath, trainStep } from './scripts.js';

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
  if (torch !== undefined) return python('pytorch', torch, files, name);
  const sklearn = uses('scikit-learn', 'sklearn');
  if (sklearn !== undefined) return python('scikit-learn', sklearn, files, name);
  if (files.paths.includes('package.json')) return node(files, name);
  const script = files.paths.find((path) => path.endsWith('.py'));
  if (script !== undefined) return python('python', `${script} is there`, files, name);
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

const python = (kind: PythonKind, because: string, files: ProjectFiles, name: string): Project => {
  const { interpreter, ...setup } = pythonSetup(kind, files);
  return {
    kind,
    because,
    name,
    ...setup,
    steps: [trainStep(files, /(^|\/)train[^/]*\.py$/, interpreter, 'train.py')],
    model: modelPath(files),
    missing: missingScript(files, /(^|\/)train[^/]*\.py$/, 'train.py'),
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
    features: mlflowColumns(text),
  };
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
