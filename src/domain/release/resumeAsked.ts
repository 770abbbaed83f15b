/** Kind of the entry in a release's stream which says who asked the API to have it told on. Only the API writes it. */
export const RESUME_ASKED = 'resume.asked';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Kind of the entry in a release's stream which says how a telling of it ended. */
const ENDED = 'release.ended';

/**
 * Who asked last for this telling, since the one before ended; undefined: nobody did, and a workflow was started by hand.
 */
export const whoAskedToResume = (entries: readonly Entry[], number: number): string | undefined => {
  const since = entries.slice(entries.findLastIndex(({ kind }) => kind === ENDED) + 1);
  const by = since.findLast(({ kind, body }) => kind === RESUME_ASKED && body['number'] === number)?.body['by'];
  return typeof by === 'string' ? by : undefined;
};

/** Has it ended, and nobody asked since to have it told on? */
export const isOver = (entries: readonly Entry[]): boolean =>
  entries.findLast(({ kind }) => kind === ENDED || kind === RESUME_ASKED)?.kind === ENDED;
