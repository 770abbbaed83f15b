import type { DecisionRecord } from '../release/types.js';
import { isOfOne, personBehind } from './tallyDecisions.js';

/**
 * What has to be kept of the decisions on one subject so that everything that comes later is judged as if all of them had
 * been kept: of each voice the last word, also where it lapsed or took something back, and of each person the last word of
 * their own, which may have handed their place on. What took back something that is kept is kept, too, or that would stand
 * again. They are as few as there are people, however often these change their minds.
 *
 * @example lastWords([approve by a, withdraw by a, approve by b]) // [withdraw by a, approve by b]
 */
export const lastWords = (decisions: readonly DecisionRecord[]): readonly DecisionRecord[] => {
  const counted = decisions.filter((record) => record.counted);
  const takenBackBy = counted.map((record, at) =>
    counted.findLastIndex((later, of) => of > at && isOfOne(later, record)),
  );
  const kept = new Set<number>();
  const keep = (at: number): void => {
    if (at < 0 || kept.has(at)) return;
    kept.add(at);
    keep(takenBackBy[at] ?? -1);
  };
  counted.forEach((record, at) => {
    if (takenBackBy[at] === -1 || isLastOfOwn(counted, at)) keep(at);
  });
  return counted.filter((_, at) => kept.has(at));
};

const isLastOfOwn = (counted: readonly DecisionRecord[], at: number): boolean => {
  const record = counted[at];
  if (record === undefined || record.inPlaceOf !== undefined) return false;
  const isOwn = (one: DecisionRecord): boolean =>
    one.inPlaceOf === undefined && personBehind(one) === personBehind(record);
  return !counted.some((later, of) => of > at && isOwn(later));
};
