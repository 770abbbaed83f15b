import { clip } from '../clip.js';
import type { GateResult, Verdict } from './types.js';
import { worstVerdict } from './verdicts.js';

/** Characters: it goes through the workflow and into the ledger; what each rule found in full is beside it. */
const MOST_REASON = 8_000;

/** One verdict over several gates; every gate that does not pass is named. No gate at all is an error. */
export const combineGates = (
  results: readonly GateResult[],
): { readonly verdict: Verdict; readonly reason: string } => {
  const verdict = worstVerdict(results);
  if (verdict === undefined) return { verdict: 'error', reason: 'no gate was evaluated' };
  const shown = verdict === 'pass' ? results : results.filter((result) => result.verdict !== 'pass');
  return { verdict, reason: clip(shown.map((result) => `${result.gate}: ${result.reason}`).join('; '), MOST_REASON) };
};
