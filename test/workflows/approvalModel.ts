/**
 * What a release that two reviewers must approve should do, written down a second time and on its own: it shares no code
 * with the product, so that the two can be held against each other.
 */
export const PEOPLE = [
  ...(['author', 'reviewer-1', 'reviewer-1-again', 'reviewer-2', 'reviewer-3'] as const),
  ...(['deputy', 'robot', 'oncall', 'stranger'] as const),
] as const;
export type Name = (typeof PEOPLE)[number];
/** A place is handed to the deputy, always. */
export type Said = 'approve' | 'reject' | 'request-changes' | 'withdraw' | 'delegate';

export type Command =
  /** `old`: about what was shown first. */
  | { readonly kind: 'decide'; readonly who: Name; readonly said: Said; readonly mute: boolean; readonly old: boolean }
  | { readonly kind: 'change' | 'freeze' | 'thaw' | 'supersede' | 'remind' | 'expire' }
  | { readonly kind: 'revoke' | 'override'; readonly who: Name };

interface Word {
  readonly person: Name;
  readonly by: Name;
  readonly said: Said;
  /** Said in the place of the person. */
  readonly stoodIn: boolean;
  lapsed: boolean;
}

export interface Model {
  phase: 'waiting' | 'held' | 'promoted' | 'rejected' | 'expired' | 'superseded';
  /** What was said of what is shown now, in order. */
  words: Word[];
  readonly revoked: Set<Name>;
  /** What is decided on, as it is and as it was shown last; it begins with 1. */
  epoch: number;
  shown: number;
  frozen: boolean;
}

export const newModel = (): Model => ({
  ...{ phase: 'waiting', words: [], revoked: new Set(), epoch: 1, shown: 1, frozen: false },
});

const REVIEWERS: readonly Name[] = ['author', 'reviewer-1', 'reviewer-1-again', 'reviewer-2', 'reviewer-3'];
const personOf = (who: Name): Name => (who === 'reviewer-1-again' ? 'reviewer-1' : who);
const reviews = ({ revoked }: Model, who: Name): boolean => REVIEWERS.includes(who) && !revoked.has(who);

/** The last word of each person, unless it was a withdrawal or counts no more. */
export const standing = ({ words }: Model): readonly Word[] =>
  words.filter(
    ({ person, by, said, lapsed }, at) =>
      said !== 'withdraw' &&
      !lapsed &&
      !words.slice(at + 1).some((later) => later.person === person || later.by === by),
  );

/** Whose place the deputy has: theirs whose last word of their own handed it over, as long as they review. */
const placeOfDeputy = (model: Model): Name | undefined => {
  const own = model.words.filter(({ stoodIn, lapsed }) => !stoodIn && !lapsed);
  const given = own.filter(
    ({ person, said }, at) => said === 'delegate' && !own.slice(at + 1).some((later) => later.person === person),
  );
  return given.map(({ by }) => by).find((by) => reviews(model, by));
};

const personSpeaking = (model: Model, who: Name): Name | undefined => {
  if (reviews(model, who)) return personOf(who);
  const place = who === 'deputy' && !model.revoked.has(who) ? placeOfDeputy(model) : undefined;
  return place === undefined ? undefined : personOf(place);
};

const mayNot = (model: Model, who: Name, said: Said): boolean =>
  personSpeaking(model, who) === undefined || (who === 'author' && (said === 'approve' || said === 'delegate'));

/** Does it count? */
export const decide = (
  model: Model,
  { who, said, mute, old }: Omit<Extract<Command, { kind: 'decide' }>, 'kind'>,
): boolean => {
  if (model.phase !== 'waiting') return false;
  const person = personSpeaking(model, who);
  const stoodIn = person !== undefined && !REVIEWERS.includes(who);
  // Whoever lost their authority stands for nothing any more, whatever comes.
  for (const word of standing(model).filter((one) => !isStandInsObjection(one) && mayNot(model, one.by, one.said)))
    word.lapsed = true;
  // What they objected to in a place that they lost stays: they can still take it back.
  const objection =
    person === undefined && said === 'withdraw' && !model.revoked.has(who)
      ? standing(model).find((one) => one.by === who && isStandInsObjection(one))
      : undefined;
  const before = standing(model).findLast((word) => word.person === person || word.by === who);
  // What somebody said in their place is not theirs: by saying it themselves they take the place back.
  const takesBack = before?.stoodIn === true && !stoodIn && before.by !== who;
  const repeats = said === 'withdraw' ? before === undefined : before?.said === said && !takesBack;
  const takesOwnPlace = stoodIn && (said === 'delegate' || (said === 'withdraw' && before?.said === 'delegate'));
  const unfit = said === 'delegate' && (model.revoked.has('deputy') || hasSpoken(model));
  const isMute = mute && (said === 'reject' || said === 'request-changes');
  const isOld = model.epoch !== model.shown || (old && model.shown !== 1);
  const hasNoVoice = mayNot(model, who, said) && objection === undefined;
  const counts = !(hasNoVoice || repeats || takesOwnPlace || unfit || isMute || isOld);
  const speaks = objection?.person ?? person;
  if (counts && speaks !== undefined)
    model.words.push({ person: speaks, by: who, said, stoodIn: stoodIn || objection !== undefined, lapsed: false });
  if (model.epoch !== model.shown) showAgain(model);
  const last = standing(model).map((word) => word.said);
  if (last.includes('reject')) model.phase = 'rejected';
  else if (!last.includes('request-changes') && last.filter((word) => word === 'approve').length >= 2)
    model.phase = model.frozen ? 'held' : 'promoted';
  return counts;
};

const isStandInsObjection = ({ stoodIn, said }: Word): boolean =>
  stoodIn && (said === 'reject' || said === 'request-changes');

/** A deputy who has a place and spoke there has a voice, and gets no other. */
const hasSpoken = (model: Model): boolean =>
  placeOfDeputy(model) !== undefined && model.words.some(({ by }) => by === 'deputy');

const showAgain = (model: Model): void => {
  model.shown = model.epoch;
  model.words = [];
};

export const remind = (model: Model): void => {
  if (model.epoch !== model.shown) showAgain(model);
};

export const thaw = (model: Model): void => {
  model.frozen = false;
  if (model.phase === 'held') model.phase = 'promoted';
};

/** Only by those whom the freeze names. */
export const override = (model: Model, who: Name): void => {
  if (who === 'oncall' && !model.revoked.has(who)) model.phase = 'promoted';
};
