import type { AnnouncedRelease, EnvironmentState } from './types.js';

/** A release in line, and whom it waits for. */
export interface PlaceInLine {
  readonly releaseId: string;
  readonly after: string;
}

/** Those in line, the next one first: the oldest by position on the branch. */
export const lineOf = ({ announced }: Pick<EnvironmentState, 'announced'>): readonly AnnouncedRelease[] =>
  announced.filter(({ line }) => line === 'waits').toSorted((a, b) => a.order - b.order);

/**
 * Who is told whom they wait for, because that is another one than they know. Each hears of the one right before it
 * alone, so that an end is told to one release and not to all behind it.
 */
export const tellPlaces = (
  state: EnvironmentState,
): {
  readonly state: EnvironmentState;
  readonly places: readonly PlaceInLine[];
  /** Who is on its way, where somebody is told whom they wait for: all of them wait for it. */
  readonly first?: string;
} => {
  const line = lineOf(state);
  const onItsWay = state.announced.find((one) => one.line !== 'waits')?.releaseId;
  const places = line.flatMap(({ releaseId, listens, after: known }, at): readonly PlaceInLine[] => {
    const after = line[at - 1]?.releaseId ?? onItsWay;
    return listens !== true || after === undefined || after === known ? [] : [{ releaseId, after }];
  });
  if (places.length === 0) return { state, places };
  const announced = state.announced.map((one) => {
    const place = places.find(({ releaseId }) => releaseId === one.releaseId);
    return place === undefined ? one : { ...one, after: place.after };
  });
  return { state: { ...state, announced }, places, ...(onItsWay === undefined ? {} : { first: onItsWay }) };
};
