import type { Client } from '@temporalio/client';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ListedWorkflow, Visibility, WorkflowFilter } from '../../ports/visibility.js';
import { lookInTime } from './inTime.js';

const WAIT_MS = 10_000;
/** WorkflowExecutionStatus of temporal.api.enums.v1. */
const RUNNING = 1;

/** Lists workflows by the engine's visibility store, page by page. */
export const createTemporalVisibility = (client: Client): Visibility => ({
  list: async (filter) => {
    const nextPageToken = decodeCursor(filter.cursor);
    const query = queryOf(filter);
    const answer = await lookInTime({
      client,
      ms: WAIT_MS,
      doing: `list ${filter.workflowType}`,
      call: () =>
        client.connection.workflowService.listWorkflowExecutions({
          namespace: client.options.namespace,
          query,
          pageSize: filter.limit,
          ...(nextPageToken === undefined ? {} : { nextPageToken }),
        }),
    });
    const cursor = Buffer.from(answer.nextPageToken ?? []).toString('base64url');
    return { workflows: (answer.executions ?? []).map(toListed), ...(cursor === '' ? {} : { cursor }) };
  },
});

/** An entity that continued as new is listed once, by its last run. */
const queryOf = (filter: WorkflowFilter): string =>
  [
    `WorkflowType = ${quote(filter.workflowType)}`,
    filter.running === undefined
      ? `ExecutionStatus != 'ContinuedAsNew'`
      : `ExecutionStatus ${filter.running ? '=' : '!='} 'Running'`,
    ...Object.entries(filter.searchAttributes ?? {}).map(
      ([name, value]) => `${name} IN (${[value].flat().map(quote).join(', ')})`,
    ),
  ].join(' AND ');

/** Values are names of the contract (letters, digits, dashes); anything else would be a way into the query. */
const quote = (value: string): string => {
  if (!/^[A-Za-z0-9.:_-]+$/.test(value))
    throw new SlipwayError('request_invalid', `cannot list by ${JSON.stringify(value)}`);
  return `'${value}'`;
};

const decodeCursor = (cursor: string | undefined): Uint8Array | undefined =>
  cursor === undefined || cursor === '' ? undefined : Buffer.from(cursor, 'base64url');

type Answer = Awaited<ReturnType<Client['connection']['workflowService']['listWorkflowExecutions']>>;

const toListed = (info: Answer['executions'][number]): ListedWorkflow => {
  const endedAt = milliseconds(info.closeTime);
  return {
    workflowId: info.execution?.workflowId ?? '',
    running: info.status === RUNNING,
    startedAt: milliseconds(info.startTime) ?? 0,
    ...(endedAt === undefined ? {} : { endedAt }),
    searchAttributes: Object.fromEntries(
      Object.entries(info.searchAttributes?.indexedFields ?? {}).flatMap(([name, payload]) => {
        const value: unknown = JSON.parse(Buffer.from(payload.data ?? []).toString() || 'null');
        return typeof value === 'string' && name.startsWith('Slipway') ? [[name, value]] : [];
      }),
    ),
  };
};

const milliseconds = (stamp: NonNullable<Answer['executions']>[number]['startTime']): number | undefined =>
  stamp === null || stamp === undefined
    ? undefined
    : Number(stamp.seconds ?? 0) * 1000 + Math.floor((stamp.nanos ?? 0) / 1_000_000);
