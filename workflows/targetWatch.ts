/**
 * One look at what a target runs, started by the Schedule of an environment. What is not as the arbiter settled it is told to
 * the owner, and the arbiter is asked to put it back; this workflow touches no target.
 */
import { proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { TargetLook } from '../activities/lookAtTarget.js';
import { TARGET_INCIDENT } from '../src/domain/incident/measured.js';
import { NOT_MONITORED } from '../src/domain/incident/notMonitored.js';
import { plainText } from '../src/domain/markdown/plainText.js';
import {
  environmentId,
  findingSignal,
  requestDeploymentSignal,
  type FindingMessage,
  type TargetWatchInput,
} from './messages.js';
import { control, polling } from './retry.js';
import { incidentStart } from './starts.js';

const { lookAtTarget } = proxyActivities<Activities>(polling);
const { sendMessage } = proxyActivities<Activities>(control);

/** A node that is started again is away for seconds, and nobody's problem. */
const LOOK_AGAIN_MS = 60_000;
const HOUR_MS = 3_600_000;

export async function targetWatch(input: TargetWatchInput): Promise<Pick<TargetLook, 'kind' | 'reason'>> {
  let seen = await look(input);
  if (seen.kind === 'unreachable') {
    await sleep(LOOK_AGAIN_MS, { summary: 'it may only be starting' });
    seen = await look(input);
  }
  const { kind, reason } = seen;
  setCurrentDetails(`**${kind}**: ${plainText(reason)}`);
  if (seen.kind !== 'drifted' && seen.kind !== 'unreachable') return { kind, reason };
  await tellOwner(input, seen);
  if (seen.kind === 'drifted' && seen.repair !== undefined)
    await sendMessage.executeWithOptions({ summary: 'ask the arbiter to put it back' }, [
      {
        workflowId: environmentId(input.model, input.environment),
        signal: requestDeploymentSignal.name,
        argument: seen.repair,
      },
    ]);
  return { kind, reason };
}

const look = ({ model, environment }: TargetWatchInput): Promise<TargetLook> =>
  lookAtTarget.executeWithOptions({ summary: `what runs in ${environment}?` }, [{ model, environment }]);

/** The same problem is one incident, which a line an hour keeps up to date. */
const tellOwner = async (
  { model, environment, everyMs }: TargetWatchInput,
  seen: Extract<TargetLook, { kind: 'drifted' | 'unreachable' }>,
): Promise<void> => {
  const { at, kind, owners, reason, report, artifactDigest } = seen;
  const start = incidentStart({
    ...{ model, environment, kind: TARGET_INCIDENT, subject: environment },
    owner: owners[0] ?? 'oncall',
    owners,
    monitoring: { ...NOT_MONITORED, everyMs },
  });
  const found = seen.kind === 'drifted' ? (seen.repair?.requestId ?? reason) : kind;
  const message: FindingMessage = {
    findingId: `${found}/${Math.floor(at / HOUR_MS)}`,
    finding: {
      kind: TARGET_INCIDENT,
      subject: environment,
      reason: seen.kind === 'drifted' ? reason : `what runs cannot be asked: ${reason}`,
      pages: true,
    },
    report,
    artifactDigest,
    window: { start: at, end: at },
  };
  await sendMessage.executeWithOptions({ summary: `${kind}: tell ${owners[0] ?? 'oncall'}` }, [
    { workflowId: start.workflowId, signal: findingSignal.name, argument: message, start },
  ]);
};
