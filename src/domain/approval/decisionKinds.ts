interface DecisionKind {
  readonly called: string;
  /** It must say why. */
  readonly needsReason: boolean;
  /** Those who wrote, triggered or resumed the release may say it, too. */
  readonly byAuthors: boolean;
  /** It stands in the way of a version: nothing lets one in by taking it away. */
  readonly objects: boolean;
}

/** Everything that a person can say in a signed statement: the one list, for API, command line, workflow and target. */
export const DECISION_KINDS = {
  approve: { called: 'an approval', needsReason: false, byAuthors: false, objects: false },
  reject: { called: 'a rejection', needsReason: true, byAuthors: true, objects: true },
  /** The release goes on waiting, and cannot be approved until the same person approves it or takes this back. */
  'request-changes': { called: 'a request for changes', needsReason: true, byAuthors: true, objects: true },
  /** Takes back what the same person decided. */
  withdraw: { called: 'a withdrawal', needsReason: false, byAuthors: true, objects: false },
  /** Hands the person's place to another for this release. */
  delegate: { called: 'a delegation', needsReason: false, byAuthors: false, objects: false },
} as const satisfies Readonly<Record<string, DecisionKind>>;

export type Decision = keyof typeof DECISION_KINDS;

export const DECISIONS = Object.keys(DECISION_KINDS) as [Decision, ...Decision[]];

export const isDecision = (said: unknown): said is Decision =>
  typeof said === 'string' && Object.hasOwn(DECISION_KINDS, said);

/**
 * Does a word stay, also where its place was lost? An objection in the place of somebody does, for the release and for the
 * target: who takes the place away, or has somebody say so, lets no version in by that. Who said it can take it back.
 *
 * @param inPlaceOf absent: it was said in one's own
 */
export const staysInPlace = (decision: string, inPlaceOf: unknown): boolean =>
  inPlaceOf !== undefined && isDecision(decision) && DECISION_KINDS[decision].objects;

/** What is to be said where a decision lacks the reason that it must have. */
export const missingReason = (decision: Decision, reason: string): string | undefined => {
  const { called, needsReason } = DECISION_KINDS[decision];
  return needsReason && reason.trim() === '' ? `${called} must say why` : undefined;
};
