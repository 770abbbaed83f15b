import type { CheckResult } from '../domain/release/checkResult.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { ServerPorts } from './ports.js';
import { storedJson } from './storedJson.js';

/** The checks of a release with their tests and durations; undefined before they have ended, and where they are not kept. */
export const releaseChecks = async (
  ports: ServerPorts,
  { stages }: ReleaseView,
): Promise<readonly CheckResult[] | undefined> => {
  const evidence = stages.find(({ name }) => name === 'integrate')?.evidence;
  if (evidence === undefined) return undefined;
  return (await storedJson<{ readonly checks?: readonly CheckResult[] }>(ports, evidence))?.checks;
};
