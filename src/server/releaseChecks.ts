import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { CheckResult } from '../domain/release/checkResult.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { ServerPorts } from './ports.js';

/** The checks of a release with their tests and durations; undefined before they have ended, and where they are not kept. */
export const releaseChecks = async (
  { store }: ServerPorts,
  { stages }: ReleaseView,
): Promise<readonly CheckResult[] | undefined> => {
  const evidence = stages.find(({ name }) => name === 'integrate')?.evidence;
  if (evidence === undefined) return undefined;
  try {
    const body = new TextDecoder().decode(await store.getBlob(evidence));
    return (JSON.parse(body) as { readonly checks?: readonly CheckResult[] }).checks;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'not_found') return undefined;
    throw error;
  }
};
