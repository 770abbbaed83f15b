import { activityInfo } from '@temporalio/activity';
import { RECOVERED, recoverState } from '../src/domain/environment/recoverState.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import { rememberEnvironment } from '../src/recovery/rememberEnvironment.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

export interface RecoverEnvironmentInput {
  readonly model: string;
  readonly environment: string;
  /** Stream of the ledger: the environment's workflow ID. */
  readonly stream: string;
}

/** What an arbiter begins with; nothing but the epoch where nothing was ever deployed. */
export type RecoveredEnvironment = Pick<EnvironmentState, 'epoch'> &
  Partial<Pick<EnvironmentState, 'champion' | 'championOrder' | 'previous' | 'history'>>;

/**
 * What an arbiter that starts anew must know: after a loss of the engine ledger, pointer and target still remember. That
 * it began from memory, and in which epoch, is written down before it begins: the next one must begin above.
 */
export const createRecoverEnvironment =
  (ports: Ports) =>
  async ({ model, environment, stream }: RecoverEnvironmentInput): Promise<RecoveredEnvironment> => {
    const memory = await rememberEnvironment(ports, model, environment, { patient: false });
    // An attempt of this very start that was cut off after it had written is no other start.
    const mine = `recovered/${activityInfo().workflowExecution?.runId ?? ''}/`;
    const recovered = recoverState(model, environment, {
      ...memory,
      ledger: memory.ledger.filter(({ entryId }) => !entryId.startsWith(mine)),
    });
    if (recovered === undefined) return { epoch: 0 };
    const { state, ...told } = recovered;
    const { epoch, champion, championOrder, previous, history } = state;
    const known = { ...(champion === undefined ? {} : { champion }), ...(previous === undefined ? {} : { previous }) };
    await ports.ledger.append(stream, `${mine}${epoch}`, RECOVERED, Date.now(), { epoch, ...known, ...told });
    ports.failpoint('recoverEnvironment.recorded');
    await signLedger(ports, [stream]);
    return { epoch, ...known, ...(championOrder === undefined ? {} : { championOrder }), history };
  };
