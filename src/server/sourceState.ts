import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseSpec } from '../contract/spec/parseSpec.js';
import type { Digest } from '../domain/artifact/types.js';
import { dataOf } from '../domain/build/describeSteps.js';
import type { SourceState } from '../domain/release/changesSince.js';
import type { SourceControl } from '../ports/sourceControl.js';

const SPEC = 'slipway.yaml';

/** What a commit holds, by digest, with the data that its steps name. */
export const sourceState = async (source: SourceControl, repository: string, commit: string): Promise<SourceState> => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-source-'));
  try {
    await source.checkout(repository, commit, directory);
    const items = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(
      (item) => !item.isDirectory(),
    );
    const files: Record<string, Digest> = {};
    for (const item of items) {
      const file = join(item.parentPath, item.name);
      const content = item.isSymbolicLink() ? `link ${await readlink(file)}` : await readFile(file);
      files[relative(directory, file).split(sep).join('/')] =
        `sha256:${createHash('sha256').update(content).digest('hex')}`;
    }
    const { [SPEC]: spec = 'none', ...code } = files;
    return { files: code, spec, data: await dataIn(join(directory, SPEC)) };
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
};

const dataIn = async (file: string): Promise<Readonly<Record<string, string>>> => {
  const parsed = parseSpec(await readFile(file, 'utf8').catch(() => ''), SPEC);
  if (!parsed.ok) return {};
  return Object.fromEntries(parsed.spec.build.steps.flatMap(dataOf).map(({ uri, digest }) => [uri, digest]));
};
