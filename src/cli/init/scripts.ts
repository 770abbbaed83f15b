import type { ProjectFiles, ProjectStep } from './project.js';

export const trainStep = (
  files: ProjectFiles,
  pattern: RegExp,
  interpreter: string,
  otherwise: string,
): ProjectStep => {
  const script = files.paths.find((path) => pattern.test(path)) ?? otherwise;
  const folder = script.slice(0, Math.max(0, script.lastIndexOf('/')));
  // A module of a package finds its neighbours only when it is run as one.
  const packaged = script.endsWith('.py') && folder !== '' && files.paths.includes(`${folder}/__init__.py`);
  const called = packaged ? `-m ${script.replace(/\.py$/, '').replaceAll('/', '.')}` : script;
  return { name: otherwise.replace(/\..*$/, ''), run: `${interpreter} ${called}`, inputs: [] };
};

export const missingScript = (files: ProjectFiles, pattern: RegExp, otherwise: string): readonly string[] =>
  files.paths.some((path) => pattern.test(path)) ? [] : [otherwise];

/** Where a script writes an ONNX file, if one says so. */
export const modelPath = (files: ProjectFiles): string => {
  for (const path of files.paths.filter((one) => /\.(py|[cm]?js)$/.test(one)).slice(0, 200)) {
    const found = /['"]((?:[\w-]+\/)*[\w-]+\.onnx)['"]/.exec(files.read(path) ?? '')?.[1];
    if (found !== undefined) return found;
  }
  return 'build/model.onnx';
};
