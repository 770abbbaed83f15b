import { patched } from '@temporalio/workflow';
import { nextTurn, withdrawRelease } from '../../src/domain/environment/announceRelease.js';
import { tellPlaces } from '../../src/domain/environment/placesInLine.js';
import type { Inbox } from './inbox.js';
import { tellPlace, tellTurn } from './tellReleases.js';

/** The next in line goes on once whoever was before it has ended, and those behind it show people whom they wait for. */
export const moveLine = async (inbox: Inbox): Promise<void> => {
  for (let moved = true; moved;) {
    moved = false;
    const next = nextTurn(inbox.state());
    const gone = next === undefined ? undefined : await giveTurn(inbox, next);
    const told = tellPlaces(inbox.state());
    const lost =
      gone ?? (told.places.length === 0 || !patched('places-said') ? undefined : await sayPlaces(inbox, told));
    if (lost === undefined) continue;
    inbox.change(withdrawRelease(inbox.state(), lost).state);
    moved = true;
  }
};

/** Returns whose turn it was, where that release is gone. Arbiters from before that was seen took it that it had withdrawn. */
const giveTurn = async (
  inbox: Inbox,
  { state, release }: NonNullable<ReturnType<typeof nextTurn>>,
): Promise<string | undefined> => {
  inbox.change(state);
  const heard = await tellTurn(release.releaseId, {});
  return heard || release.listens !== true || !patched('gone-seen') ? undefined : release.releaseId;
};

/**
 * Returns who is on its way, where that release is gone: whoever was ended by hand has withdrawn nothing, and all behind it
 * would wait for ever. What it is told to find that out it knows.
 */
const sayPlaces = async (
  inbox: Inbox,
  { state, places, first }: ReturnType<typeof tellPlaces>,
): Promise<string | undefined> => {
  inbox.change(state);
  await Promise.all(places.map((place) => tellPlace(state.environment, place)));
  return first === undefined || (await tellTurn(first, {})) ? undefined : first;
};
