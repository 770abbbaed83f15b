/**
 * The arbiter of one model in one environment: the only one who decides what runs there. Everything that changes
 * it goes through its queue, one at a time; every passage raises the epoch. It lives for years.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import { forgetHeld } from '../src/domain/environment/holdRequest.js';
import { newEnvironment } from '../src/domain/environment/newEnvironment.js';
import { startNext } from '../src/domain/environment/startNext.js';
import { renderEnvironment } from '../src/domain/environment/renderEnvironment.js';
import { plainText } from '../src/domain/markdown/plainText.js';
import { openInbox, type Inbox } from './environment/inbox.js';
import { lookAgain, lookAhead } from './environment/holds.js';
import { moveLine } from './environment/line.js';
import { beginRollout, concludeRollout } from './environment/passage.js';
import { failureCode, failureReason } from './failureText.js';
import { historyIsLong } from './historyIsLong.js';
import { environmentId, type EnvironmentInput } from './messages.js';
import { record } from './retry.js';

const { recoverEnvironment } = proxyActivities<Activities>(record);

/** From here on also with a rollout under way, before the server ends the history at 51,200. */
const LAST_EVENTS = 20_000;

export async function environment(input: EnvironmentInput): Promise<void> {
  const inbox = openInbox(input);
  for (let begun = input.state !== undefined; !begun;) {
    try {
      inbox.begin(await recover(input));
      begun = true;
    } catch (error) {
      await explain(input, inbox, error);
    }
  }
  for (;;) {
    setCurrentDetails(renderEnvironment(inbox.state()));
    await inbox.drain();
    await moveLine(inbox);
    const settled = inbox.nextSettled();
    if (settled !== undefined) {
      await concludeRollout(inbox, settled);
      continue;
    }
    const toLook = inbox.takeLook();
    if (toLook) await lookAgain(inbox);
    inbox.change(forgetHeld(inbox.state()));
    const wanted = startNext(inbox.state(), Date.now()).start?.request;
    const seen = wanted?.kind === 'release' ? await lookAhead(inbox, wanted, toLook) : 'free';
    if (seen === 'thawed') continue;
    const next = startNext(inbox.state(), Date.now(), seen === 'held');
    inbox.change(next.state);
    await inbox.answer(next.replies);
    if (next.start !== undefined) {
      await beginRollout(inbox, next.start);
      continue;
    }
    if (mustContinue(inbox) && inbox.isEmpty() && !inbox.isToLook() && allHandlersFinished()) {
      await continueAsNew<typeof environment>({ ...input, state: inbox.state() });
    }
    await somethingToDo(inbox);
  }
}

/** A message, the end of this run, or the time to look again at what holds the next release back. */
const somethingToDo = async (inbox: Inbox): Promise<void> => {
  const something = (): boolean =>
    !inbox.isEmpty() || inbox.isToLook() || (mustContinue(inbox) && allHandlersFinished());
  const { held } = inbox.state();
  if (held === undefined) await condition(something);
  else {
    const left = Math.max(1, held.lookAt - Date.now());
    await condition(something, left, { summary: 'what holds the next release back may have ended' });
  }
};

/** A rollout that is killed tells only the run that started it: as long as one is under way, this run stays. */
const mustContinue = (inbox: Inbox): boolean =>
  inbox.state().active === undefined ? historyIsLong() : workflowInfo().historyLength > LAST_EVENTS;

/** One that cannot know what ran must not decide. Whoever asks hears why, and the next who asks makes it look again. */
const explain = async ({ environment: name }: EnvironmentInput, inbox: Inbox, error: unknown): Promise<void> => {
  // Arbiters from before this ended here, and took with them what had been asked.
  if (isCancellation(error) || !patched('arbiters-that-cannot-begin-stay')) throw error;
  const code = failureCode(error);
  const reason = `${name} cannot begin: ${failureReason(error)}`;
  log.error('an arbiter cannot begin', { code, reason });
  setCurrentDetails(`**${code}**: ${plainText(reason)}. It tries again when somebody asks.`);
  await inbox.refuse({ code, reason: `${code}: ${reason}` });
  await condition(inbox.isAsked);
};

/** Also after a loss of the engine: no epoch that ledger, pointer or target remember is used again. */
const recover = async ({ model, environment: name }: EnvironmentInput): Promise<EnvironmentState> => {
  const known = await recoverEnvironment.executeWithOptions({ summary: 'what ledger and target remember' }, [
    { model, environment: name, stream: environmentId(model, name) },
  ]);
  return newEnvironment(model, name, known);
};
