import type { Spec } from '../../domain/spec/types.js';
import { checkYaml } from '../yaml/checkYaml.js';
import type { ReadFile } from '../dvc/readDvc.js';
import type { Problem } from '../yaml/problem.js';
import { readBuild } from './readBuild.js';
import { specRules } from './rules.js';
import { specSchema } from './schema.js';
import { toSpec } from './toSpec.js';

export type ParsedSpec =
  { readonly ok: true; readonly spec: Spec } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads the text of a slipway.yaml (version 1; docs/spec.md). Never throws: every mistake is a problem with file,
 * line, column and what was expected.
 *
 * @param read text of another file of the repository, for a build that names a dvc.yaml
 * @example parseSpec('version: 2', 'slipway.yaml') // {ok: false, problems: [{line: 1, column: 10, path: 'version', expected: '1', ...}, ...]}
 */
export const parseSpec = (text: string, file: string, read: ReadFile = () => undefined): ParsedSpec => {
  const checked = checkYaml(text, file, specSchema, specRules);
  if (!checked.ok) return checked;
  const made = readBuild(checked.value.build, { text, file, read });
  return made.ok ? { ok: true, spec: toSpec(checked.value, made.build) } : made;
};
