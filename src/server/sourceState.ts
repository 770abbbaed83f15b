import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { parseSpec } from '../contract/spec/parseSpec.js';
import type { Digest } from '../domain/artifact/types.js';
import { dataOf } from '../domain/build/describeSteps.js';
import type { SourceState } from '../domain/release/changesSince.js';
import type { SourceControl } from '../ports/sourceControl.js';
import { inCheckout, readFrom } from './inCheckout.js';

const SPEC = 'slipway.yaml';

/** What a commit holds, by digest, with the data that its steps name. */
export const sourceState = (source: SourceControl, repository: string, commit: string): Promise<SourceState> =>
  inCheckout(source, repository, commit, async (directory) => {
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
    return { files: code, spec, data: dataIn(directory) };
  });

const dataIn = (directory: string): Readonly<Record<string, string>> => {
  const parsed = parseSpec(readFrom(directory)(SPEC) ?? '', SPEC);
  if (!parsed.ok) return {};
  return Object.fromEntries(parsed.spec.build.steps.flatMap(dataOf).map(({ uri, digest }) => [uri, digest]));
};
