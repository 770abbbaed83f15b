/** What an arbiter says to releases. One that has ended needs no answer: that it is gone is said, and no failure. */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { PlaceInLine } from '../../src/domain/environment/placesInLine.js';
import type { Reply } from '../../src/domain/environment/types.js';
import {
  deploymentSettledSignal,
  inLineSignal,
  supersedeSignal,
  turnSignal,
  type AnnounceMessage,
  type TurnMessage,
} from '../messages.js';

/** False: the receiver is gone. */
export const isHeard = (message: () => Promise<void>): Promise<boolean> =>
  message().then(
    () => true,
    () => false,
  );

export const answer = async (replies: readonly Reply[]): Promise<void> => {
  for (const { request, settled } of replies) {
    const { replyTo } = request;
    if (replyTo !== undefined)
      await isHeard(() => getExternalWorkflowHandle(replyTo).signal(deploymentSettledSignal, settled));
  }
};

export const supersede = (releaseId: string, { releaseId: by, order }: AnnounceMessage): Promise<boolean> =>
  isHeard(() => getExternalWorkflowHandle(releaseId).signal(supersedeSignal, { by, order }));

export const tellTurn = (releaseId: string, turn: TurnMessage): Promise<boolean> =>
  isHeard(() => getExternalWorkflowHandle(releaseId).signal(turnSignal, turn));

export const tellPlace = (environment: string, { releaseId, after }: PlaceInLine): Promise<boolean> =>
  isHeard(() => getExternalWorkflowHandle(releaseId).signal(inLineSignal, { environment, after }));
