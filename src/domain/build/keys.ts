import type { Digest } from '../artifact/types.js';

/**
 * Who may have written what a build takes from the cache. Only releases of the watched branch write, each branch into
 * a scope of its own; everybody may read.
 */
export const trustScope = (branch: string): string => `branch.${encodeURIComponent(branch).replace(/^\.+$/, '%2E')}`;

const folder = (scope: string, model: string, step: string): string => `cache/${scope}/${model}/${step}`;

export const recordKey = (scope: string, model: string, step: string, key: Digest): string =>
  `${folder(scope, model, step)}/${key.slice('sha256:'.length)}.json`;

/** The last run of a step that succeeded, for explanations. */
export const latestKey = (scope: string, model: string, step: string): string =>
  `${folder(scope, model, step)}/latest.json`;

/** A run of this key that failed: where another one passes, the step is flaky. */
export const failureKey = (scope: string, model: string, step: string, key: Digest): string =>
  `${folder(scope, model, step)}/${key.slice('sha256:'.length)}.failed.json`;

/** What workers said of themselves at the last build: plans count on the next one being the same. */
export const machineKey = (scope: string, model: string): string => `cache/${scope}/${model}/machine.json`;

/** @param at digest of an address and what it gave, which says that it did */
export const fetchedKey = (at: Digest): string => `fetched/${at.slice('sha256:'.length)}.json`;
