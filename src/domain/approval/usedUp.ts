import { askedLast } from './askedLast.js';

interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const ENDED = 'release.ended';
/** Where a release is told on: people have their time from then. */
const TOLD_ANEW: readonly string[] = [ENDED, 'release.resumed'];

/**
 * What was approved lets a version in once: the release has ended since it was asked for, or was sent back from where it went
 * in. Told on, it asks anew.
 *
 * @param entries the release's own stream
 * @param usedAt when a passage of the release there was last written down as ended, epoch milliseconds
 */
export const isUsedUp = (asked: Pick<Entry, 'seq' | 'at'>, entries: readonly Entry[], usedAt?: number): boolean =>
  (usedAt !== undefined && usedAt > asked.at) || hasLater(asked, entries, [ENDED]);

/** What was asked last at a gate, where it need not be asked anew; undefined where nothing was, or it holds no more. */
export const stillAsked = <E extends Entry>(entries: readonly E[], gate: string, usedAt?: number): E | undefined => {
  const last = askedLast(entries, gate);
  return last === undefined || isUsedUp(last, entries, usedAt) || hasLater(last, entries, TOLD_ANEW) ? undefined : last;
};

/** When people were asked first at the gate of this asking, in the same telling of the release: they have time from then. */
export const firstAskedAt = (asked: Entry, entries: readonly Entry[]): number => {
  const began = entries.findLast(({ seq, kind }) => seq < asked.seq && TOLD_ANEW.includes(kind))?.seq ?? -Infinity;
  const first = entries.find(
    ({ seq, kind, body }) => seq > began && kind === asked.kind && body['gate'] === asked.body['gate'],
  );
  return Math.min(asked.at, first?.at ?? asked.at);
};

const hasLater = ({ seq }: Pick<Entry, 'seq'>, entries: readonly Entry[], kinds: readonly string[]): boolean =>
  entries.some((later) => later.seq > seq && kinds.includes(later.kind));
