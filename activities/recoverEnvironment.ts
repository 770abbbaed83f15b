import { activityInfo } from '@temporalio/activity';
import type { Version } from '../src/domain/artifact/types.js';
import { RECOVERED, recoverState, type RecoveredState } from '../src/domain/environment/recoverState.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { rememberEnvironment } from '../src/recovery/rememberEnvironment.js';
import { environmentId } from '../workflows/messages.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { assertOwnStream } from './assertOwnStream.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';
import type { Place } from '../src/domain/hold/types.js';
import { assertMayRun } from './versionAuthority.js';

export interface RecoverEnvironmentInput {
  readonly model: string;
  readonly environment: string;
  /** Not read: it is derived. Workflows still send it. */
  readonly stream?: string;
}

/** What an arbiter begins with; nothing but the epoch where nothing was ever deployed. */
export type RecoveredEnvironment = Pick<EnvironmentState, 'epoch'> &
  Partial<Pick<EnvironmentState, 'champion' | 'championOrder' | 'previous' | 'retired' | 'history'>>;

/**
 * What an arbiter that starts anew must know: after a loss of the engine ledger, pointer and target still remember. That
 * it began from memory, and in which epoch, is written down before it begins: the next one must begin above.
 */
export const createRecoverEnvironment =
  (ports: Ports) =>
  async ({ model, environment }: RecoverEnvironmentInput): Promise<RecoveredEnvironment> => {
    const stream = environmentId(model, environment);
    assertOwnStream(stream);
    const memory = await rememberEnvironment(ports, model, environment, { patient: false });
    const recall = (pointerFault?: string): RecoveredState | undefined =>
      recoverState(model, environment, {
        ...memory,
        ledger: memory.ledger.filter(({ entryId }) => !entryId.startsWith(mine)),
        ...(pointerFault === undefined ? {} : { pointerFault }),
      });
    // An attempt of this very start that was cut off after it had written is no other start.
    const mine = `recovered/${activityInfo().workflowExecution?.runId ?? ''}/`;
    const told = recall();
    const pointed = told?.championFrom === 'pointer' ? told.state.champion : undefined;
    const recovered = pointed === undefined ? told : recall(await faultOf(ports, { model, environment }, pointed));
    if (recovered === undefined) return { epoch: 0 };
    const { state, ...how } = recovered;
    const { epoch, champion, championOrder, previous, retired, history } = state;
    const known = {
      ...(champion === undefined ? {} : { champion }),
      ...(previous === undefined ? {} : { previous }),
      ...(retired === undefined ? {} : { retired }),
    };
    const body = { epoch, ...known, ...how };
    // An attempt more may find a target or a store away that was there before: both were found.
    const entryId = `${mine}${epoch}/${digestOf(body).slice(7, 19)}`;
    await ports.ledger.append(stream, entryId, RECOVERED, Date.now(), body);
    ports.failpoint('recoverEnvironment.recorded');
    await signLedger(ports, [stream]);
    return { epoch, ...known, ...(championOrder === undefined ? {} : { championOrder }), history };
  };

/** Whoever can write to the store can write a pointer. What serves was judged by the target; this was by nobody. */
const faultOf = async (ports: Ports, place: Place, version: Version): Promise<string | undefined> => {
  try {
    await assertMayRun(ports, place, version);
    return undefined;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.retryable) throw error;
    return error.message;
  }
};
