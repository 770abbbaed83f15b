/** Later versions of the workflows' code, made from the bundle of this one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export interface Change {
  /** Where the new step goes: before what this matches. */
  readonly before: RegExp;
  /** A step of the release that its earlier code does not have. */
  readonly step: string;
  /** Name that old releases are told from new ones by; absent: a careless change. */
  readonly patch?: string;
}

export const BUNDLE = readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8');

/** In a release: says once more that it will come. Names of modules are those of the bundler. */
const SDK = '_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__';
const ANNOUNCE = /await (\(0,\w*neighbours_js\w*\.announce\)\(story, plan\));/;

export const BEFORE_BUILD: RegExp = ANNOUNCE;
export const BEFORE_DEPLOY = /return story\.stage\("deploy", environment\.name/;

export const announceAgain = (before: RegExp, patch?: string): Change => {
  const call = ANNOUNCE.exec(BUNDLE)?.[1];
  assert.ok(call !== undefined, 'a release announces itself');
  return { before, step: `await ${call};`, ...(patch === undefined ? {} : { patch }) };
};

export const nextVersion = (code: string, { before, step, patch }: Change): string => {
  const place = before.exec(code)?.[0];
  assert.ok(place !== undefined, `the bundle has no ${String(before)}`);
  const guard = patch === undefined ? '' : `if ((0,${SDK}.patched)("${patch}")) `;
  return code.replace(place, () => `${guard}${step}\n${place}`);
};
