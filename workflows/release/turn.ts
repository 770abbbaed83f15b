import { setHandler } from '@temporalio/workflow';
import type { AwaitedView } from '../../src/domain/release/types.js';
import { inLineSignal, turnSignal, type InLineMessage, type TurnMessage } from '../messages.js';
import { isInLine, isTurn } from '../received.js';

/** What the last environment says to a release of those that follow each other. */
export interface Turn {
  /** Absent: it has not come, and the release was not refused either. */
  came(): TurnMessage | undefined;
  /** Whom it waits for in line, as far as it was told. */
  after(environment: string): string | undefined;
}

/** @param told called when it was told whom it waits for; the arbiter says so while the release is still built */
export const openTurn = (told: () => void): Turn => {
  let turn: TurnMessage | undefined;
  let place: InLineMessage | undefined;
  setHandler(turnSignal, (message) => void (turn ??= isTurn(message) ? message : undefined), {
    description: 'Of releases that follow each other: it is this one’s turn, or not',
  });
  setHandler(
    inLineSignal,
    (message) => {
      if (!isInLine(message)) return;
      place = message;
      told();
    },
    { description: 'Of releases that follow each other: whom it waits for, for people to see' },
  );
  return {
    came: () => turn,
    after: (environment) => (place?.environment === environment ? place.after : undefined),
  };
};

/** The wait for a turn, with whom it is for. */
export const withPlace = (turn: Turn, awaited: AwaitedView): AwaitedView => {
  const after = awaited.askedFor === 'turn' ? turn.after(awaited.environment) : undefined;
  return after === undefined ? awaited : { ...awaited, after };
};
