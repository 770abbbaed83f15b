/**
 * The arbiter of one model in one environment: the only one who decides what runs there. Everything that changes
 * it goes through its queue, one at a time; every passage raises the epoch. It lives for years.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import { newEnvironment } from '../src/domain/environment/newEnvironment.js';
import { startNext } from '../src/domain/environment/startNext.js';
import { renderEnvironment } from '../src/domain/environment/renderEnvironment.js';
import { openInbox, type Inbox } from './environment/inbox.js';
import { beginRollout, concludeRollout } from './environment/passage.js';
import { environmentId, type EnvironmentInput } from './messages.js';
import { control } from './retry.js';

const { recoverEnvironment } = proxyActivities<Activities>(control);

/** Limits of our own, well below the server's. */
const MAX_EVENTS = 1_500;
const MAX_BYTES = 2 * 1024 * 1024;
/** From here on also with a rollout under way, before the server ends the history at 51,200. */
const LAST_EVENTS = 20_000;

export async function environment(input: EnvironmentInput): Promise<void> {
  const inbox = openInbox(input);
  if (input.state === undefined) inbox.begin(await recover(input));
  for (;;) {
    setCurrentDetails(renderEnvironment(inbox.state()));
    await inbox.drain();
    const settled = inbox.nextSettled();
    if (settled !== undefined) {
      await concludeRollout(inbox, settled);
      continue;
    }
    const next = startNext(inbox.state(), Date.now());
    inbox.change(next.state);
    await inbox.answer(next.replies);
    if (next.start !== undefined) {
      await beginRollout(inbox, next.start);
      continue;
    }
    if (mustContinue(inbox) && inbox.isEmpty() && allHandlersFinished()) {
      await continueAsNew<typeof environment>({ ...input, state: inbox.state() });
    }
    await condition(() => !inbox.isEmpty() || (mustContinue(inbox) && allHandlersFinished()));
  }
}

/** A rollout that is killed tells only the run that started it: as long as one is under way, this run stays. */
const mustContinue = (inbox: Inbox): boolean => {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  if (inbox.state().active !== undefined) return historyLength > LAST_EVENTS;
  return continueAsNewSuggested || historyLength > MAX_EVENTS || historySize > MAX_BYTES;
};

/** Also after a loss of the engine: no epoch that ledger, pointer or target remember is used again. */
const recover = async ({ model, environment: name }: EnvironmentInput): Promise<EnvironmentState> => {
  const known = await recoverEnvironment.executeWithOptions({ summary: 'what ledger and target remember' }, [
    { model, environment: name, stream: environmentId(model, name) },
  ]);
  return newEnvironment(model, name, known);
};
