import { digestOf } from '../contract/canonicalDigest.js';
import type { Digest, Version } from '../domain/artifact/types.js';
import {
  RETIREMENT_ASKED,
  RETIREMENT_COUNTS_MS,
  RETIREMENT_WITHDRAWN,
  retirementWords,
  type RetirementWord,
} from '../domain/environment/retirementWord.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Place } from '../domain/hold/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { environmentId, retireUpdate, type RetireMessage, type RetireReceipt } from '../../workflows/messages.js';
import { readEnvironment } from './environmentStatus.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';
import { incidentsEnded, plannedRetirement, type Planned } from './retirementShown.js';

export interface AskedRetirement {
  readonly by: string;
  readonly reason: string;
  /** Digest of what was shown. */
  readonly plan: Digest;
}

export interface AcceptedRetirement {
  readonly requestId: string;
  readonly from: Pick<Version, 'artifactDigest'>;
  readonly by: string;
  /** When its word stops counting, epoch milliseconds: what is not carried out by then is asked for again. */
  readonly until: number;
}

/**
 * Takes a model out of an environment: the word is in the ledger before the arbiter hears anything, because the target's
 * door looks for it there. Cut off in between it is sent by whoever repeats it; a repeat of what is done is told so.
 */
export const retire = async (ports: ServerPorts, place: Place, asked: AskedRetirement): Promise<AcceptedRetirement> => {
  const stream = environmentId(place.model, place.environment);
  const entries = await readChain(ports, stream);
  const said = retirementWords(entries).findLast(({ plan }) => plan === asked.plan);
  if (said !== undefined && (isDone(entries, said) || (await isUnderWay(ports, place, said)))) return accepted(said);
  const planned = await plannedRetirement(ports, place);
  if (planned.named !== asked.plan)
    throw new SlipwayError(
      'plan_changed',
      `a retirement of ${place.model} from ${place.environment} would do something else now`,
    );
  assertIdle(planned);
  const incidents = await incidentsEnded(ports, place);
  const counts = said !== undefined && ports.now() <= said.until;
  const word = counts ? said : await write(ports, stream, entries, planned, asked);
  await tell(ports, stream, word, {
    ...{ requestId: word.requestId, by: word.by, reason: word.reason, until: word.until },
    expected: { epoch: word.after, champion: word.from },
    incidents: incidents.map(({ incidentId }) => incidentId),
  });
  return accepted(word);
};

const accepted = ({ requestId, from, by, until }: RetirementWord): AcceptedRetirement => ({
  requestId,
  from: { artifactDigest: from },
  ...{ by, until },
});

/** The passage that the word was for was written down. */
const isDone = (entries: readonly LedgerEntry[], { requestId }: RetirementWord): boolean =>
  entries.some(({ kind, body }) => kind.startsWith('deployment.') && body['requestId'] === requestId);

/** Its answer may have been lost: what the arbiter has is not asked for again. */
const isUnderWay = async (
  ports: ServerPorts,
  { model, environment }: Place,
  { requestId }: RetirementWord,
): Promise<boolean> => {
  const state = await readEnvironment(ports, model, environment);
  return [state?.active?.request, ...(state?.queue ?? [])].some((request) => request?.requestId === requestId);
};

/** A rollout under way is not ended behind the back of who steers it. */
const assertIdle = ({ model, environment, underWay }: Planned): void => {
  if (underWay === undefined) return;
  const way =
    underWay.kind === 'release'
      ? `abort it first (\`slipway rollout abort ${model} ${environment}\`), or wait`
      : 'wait';
  throw new SlipwayError(
    'rollout_active',
    `a ${underWay.kind} by ${underWay.by} is under way in ${environment}, epoch ${underWay.epoch}: ${way} until it has ended`,
  );
};

/** One word for one act: said by two people in the same moment it is the first one's. */
const write = async (
  { ledger, now }: ServerPorts,
  stream: string,
  entries: readonly LedgerEntry[],
  { epoch, from }: Planned,
  { by, reason, plan }: AskedRetirement,
): Promise<RetirementWord> => {
  const before = entries.filter(({ kind, body }) => kind === RETIREMENT_ASKED && body['after'] === epoch).length;
  const entryId = `retirement/${epoch}/${before}`;
  const requestId = `retirement-${digestOf([stream, entryId]).slice('sha256:'.length).slice(0, 24)}`;
  const at = now();
  const body = { requestId, by, reason, after: epoch, from: from.artifactDigest, plan };
  const until = at + RETIREMENT_COUNTS_MS;
  try {
    await ledger.append(stream, entryId, RETIREMENT_ASKED, at, { ...body, until });
    await ledger.checkpoint([stream]);
    return { ...body, entryId, at, until };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'entry_taken') throw error;
    const first = retirementWords(await readChain({ ledger }, stream)).find((one) => one.entryId === entryId);
    if (first === undefined) throw error;
    return first;
  }
};

/** Refused by the arbiter, the word is taken back: nobody else may make use of it. */
const tell = async (
  ports: ServerPorts,
  stream: string,
  { entryId, after }: RetirementWord,
  message: RetireMessage,
): Promise<void> => {
  try {
    await ports.workflows.update<RetireReceipt>(stream, retireUpdate.name, message);
  } catch (error) {
    if (error instanceof SlipwayError && REFUSED.has(error.code))
      await ports.ledger.append(stream, `${entryId}/withdrawn`, RETIREMENT_WITHDRAWN, ports.now(), {
        word: entryId,
        after,
        reason: error.message,
      });
    throw error;
  }
};

const REFUSED: ReadonlySet<string> = new Set(['plan_changed', 'retirement_expired', 'rollout_active', 'usage']);
