// The reports outlive the installation of the demo: pages without scripts, saved beside it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Saves a page of the API, which asks for a token that a browser does not have. @returns {Promise<string>} the file */
export const keepPage = async (installation, path, file) => {
  const response = await fetch(`${installation.url('api')}${path}`, {
    headers: { authorization: `Bearer ${installation.token('oncall')}`, accept: 'text/html' },
  });
  if (!response.ok) throw new Error(`GET ${path}: HTTP ${response.status}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return file;
};

/** @returns {Promise<string[]>} paths of the pages: one per version of the story and one per drift report */
export const keepReports = async (installation, facts, directory) => {
  rmSync(directory, { recursive: true, force: true });
  const save = (name, path) => keepPage(installation, path, join(directory, name));
  const files = [];
  for (const version of ['v1', 'v2', 'v3', 'v4'])
    if (facts[version] !== undefined)
      files.push(await save(`release-${version}.html`, `/api/v1/releases/${facts[version].name}/report`));
  for (const { window, digest } of facts.reports)
    files.push(
      await save(
        `drift-${new Date(window.start).toISOString().slice(0, 10)}.html`,
        `/api/v1/models/${facts.model}/environments/production/drift/reports/${digest}`,
      ),
    );
  return files;
};
