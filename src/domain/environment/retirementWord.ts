/** What the stream of an environment has of retirements: the word of an operator before it, and that it was carried out. */
import { sayInstant } from '../sayInstant.js';
import type { Digest } from '../artifact/types.js';
import { ranLast } from './deploymentAuthority.js';
import { RETIRED } from './retire.js';
import type { DeploymentEntry, Retired } from './types.js';

/** Kinds of entries that the API writes before the arbiter hears anything. */
export const RETIREMENT_ASKED = 'retirement.asked';
export const RETIREMENT_WITHDRAWN = 'retirement.withdrawn';

/**
 * How long a word counts: it is carried out in seconds, or something is amiss that its speaker should know of. Long enough for
 * an engine or a target that has to be started again; and nobody finds it much later and takes the traffic away with it.
 */
export const RETIREMENT_COUNTS_MS = 3_600_000;

/** Who may say it. */
export const RETIRE_ROLES: readonly string[] = ['operator'];

interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly entryId: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The word of a person that a model leaves, as it was written down. */
export interface RetirementWord {
  readonly entryId: string;
  readonly requestId: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
  /** Epoch of the arbiter when it was said: it is for the passage right after. */
  readonly after: number;
  /** What is to be taken away. */
  readonly from: Digest;
  /** Digest of what was shown. */
  readonly plan: Digest;
  /** When it stops counting, epoch milliseconds. */
  readonly until: number;
}

/** A word is as old as its entry, whatever that says of itself. */
const wordIn = ({ entryId, at, body }: Entry): RetirementWord => ({
  ...(body as unknown as Omit<RetirementWord, 'entryId' | 'at' | 'until'>),
  ...{ entryId, at, until: at + RETIREMENT_COUNTS_MS },
});

/** Every word that was not taken back, in order. */
export const retirementWords = (entries: readonly Entry[]): readonly RetirementWord[] => {
  const withdrawn = new Set(
    entries.filter(({ kind }) => kind === RETIREMENT_WITHDRAWN).map(({ body }) => String(body['word'])),
  );
  return entries.filter(({ kind, entryId }) => kind === RETIREMENT_ASKED && !withdrawn.has(entryId)).map(wordIn);
};

export type FoundWord =
  | { readonly kind: 'given'; readonly word: RetirementWord }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'expired'; readonly word: RetirementWord; readonly reason: string };

/**
 * May the passage of `epoch` take away what runs? Only by a word for this very passage, on what the ledger has running,
 * that nothing has overtaken: a deployment that was written down since makes it void, and so does its being carried out.
 *
 * @param faultOf why who said it may not, now; undefined: they may
 * @param now epoch milliseconds; undefined: it was carried out in its time, and is to be written down
 */
export const wordFor = (
  entries: readonly Entry[],
  epoch: number,
  faultOf: (by: string) => string | undefined,
  now?: number,
): FoundWord => {
  const missing = (reason: string): FoundWord => ({ kind: 'missing', reason });
  const word = retirementWords(entries).findLast(({ after }) => epoch === after + 1);
  if (word === undefined) return missing(`the ledger has no word of an operator for epoch ${epoch}`);
  const said = entries.findIndex(({ entryId }) => entryId === word.entryId);
  // Also one that was written down between the look at the arbiter and the word.
  const overtakes = ({ kind, body }: Entry, at: number): boolean =>
    kind.startsWith('deployment.') && (at > said || Number(body['epoch']) > word.after);
  if (entries.some(overtakes)) return missing(`the word of ${word.by} is used: a passage was written down since`);
  if (ranLast(entries) !== word.from) return missing(`the word of ${word.by} is for another version`);
  const fault = faultOf(word.by);
  if (fault !== undefined) return missing(`the word of ${word.by} does not count: ${fault}`);
  if (now !== undefined && now > word.until) return { kind: 'expired', word, reason: sayExpired(word) };
  return { kind: 'given', word };
};

export const sayExpired = ({ by, until }: Pick<RetirementWord, 'by' | 'until'>): string =>
  `the word of ${by} counted until ${sayInstant(until)}, and was not carried out by then`;

/** The retirement that is in force; undefined where something runs, or was never retired. */
export const retirementOnRecord = (entries: readonly Pick<Entry, 'kind' | 'body'>[]): Retired | undefined => {
  const last = entries.findLast((entry) => entry.kind === RETIRED || ranLast([entry]) !== undefined);
  if (last?.kind !== RETIRED) return undefined;
  const { epoch, version, by, reason, endedAt } = last.body as unknown as DeploymentEntry;
  return { epoch, version, by, reason, at: endedAt };
};
