/** What somebody said about a release, for its timeline. It decides nothing. */
export interface Comment {
  /** Its place among the comments, then what tells it from another at the same place. */
  readonly id: string;
  readonly kind: 'comment' | 'question';
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** What a release hears of a comment to have others told; the words stay in the store. */
export type CommentSaid = Pick<Comment, 'id' | 'kind' | 'by' | 'at'>;

/** Of one release; more is a conversation that belongs elsewhere. */
export const MAX_COMMENTS = 300;
/** Of one person among them, so that nobody closes a release to the questions of the others. */
export const MAX_COMMENTS_OF_ONE = 50;

/** What one look finds at most; the next look goes on from there. */
export const SAID_AT_ONCE = 50;

/** Key of a comment in the store, without its end. `release` is its ID without the kind: `<model>/<commit>`. */
export const commentsFolder = (release: string): string => `releases/${release}/comments/`;

/** The place that its ID begins with; what is no place is before all of them. */
const placeOf = (id: string): number => {
  const place = Number.parseInt(id, 10);
  return place > 0 ? place : 0;
};

export type Room =
  | { readonly kind: 'room'; readonly place: string }
  /** So many comments has this person. */
  | { readonly kind: 'own_full'; readonly most: number }
  /** So many has the release. */
  | { readonly kind: 'full'; readonly most: number };

/**
 * The place behind the last comment.
 *
 * @param ids of the comments that there are, in ascending order
 * @param person as in the IDs of this person’s comments, see `commentId`
 */
export const roomFor = (ids: readonly string[], person: string): Room => {
  const last = placeOf(ids.at(-1) ?? '');
  if (ids.length >= MAX_COMMENTS || last >= 999_999) return { kind: 'full', most: MAX_COMMENTS };
  if (ids.filter((id) => id.split('-')[1] === person).length >= MAX_COMMENTS_OF_ONE)
    return { kind: 'own_full', most: MAX_COMMENTS_OF_ONE };
  return { kind: 'room', place: String(last + 1).padStart(6, '0') };
};

/** Its place, who said it, and what tells it from another of theirs. */
export const commentId = (place: string, person: string, mark: string): string => `${place}-${person}-${mark}`;

/** Those behind a comment, and those that came to its own place at the same moment. */
export const saidSince = (ids: readonly string[], last: string | undefined): readonly string[] =>
  last === undefined ? ids : ids.filter((id) => id !== last && placeOf(id) >= placeOf(last));

const LONGEST_NAME = 256;

/**
 * What is told of a stored comment: its ID is where it lies, and not what it says; undefined: it is none that the API wrote.
 */
export const saidIn = (id: string, stored: unknown): CommentSaid | undefined => {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { kind, by, at } = stored as Readonly<Record<string, unknown>>;
  const isKind = kind === 'comment' || kind === 'question';
  if (!isKind || typeof by !== 'string' || typeof at !== 'number') return undefined;
  return id.length <= LONGEST_NAME && by.length <= LONGEST_NAME ? { id, kind, by, at } : undefined;
};
