import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Product } from '../fixtures/product.js';

/** The engine itself, by a client of our own. */
export const withEngine = async <T>(product: Product, work: (client: Client) => Promise<T>): Promise<T> => {
  const { address } = product.state().processes.find((one) => one.name === 'temporal') as { address?: string };
  const connection = await Connection.connect({ address: address ?? '' });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
};

export interface HistoryEvent {
  readonly eventId: string;
  /** `WORKFLOW_EXECUTION_SIGNALED`, … */
  readonly type: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of an activity that was started or has ended. */
  readonly activity?: string;
  readonly attempt?: number;
}

interface RawEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly eventTime: string;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
  readonly activityTaskStartedEventAttributes?: { readonly scheduledEventId: string; readonly attempt: number };
  readonly activityTaskCompletedEventAttributes?: { readonly scheduledEventId: string };
}

/** Every event of every run that the query names. */
export const readHistories = (product: Product, query?: string): Promise<readonly HistoryEvent[]> =>
  withEngine(product, async (client) => {
    const found: HistoryEvent[] = [];
    for await (const { workflowId, runId } of client.workflow.list(query === undefined ? {} : { query })) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const { events } = JSON.parse(historyToJSON(history)) as { events: readonly RawEvent[] };
      found.push(...events.map((event) => describe(event, events)));
    }
    return found;
  });

const describe = (event: RawEvent, events: readonly RawEvent[]): HistoryEvent => {
  const started = event.activityTaskStartedEventAttributes;
  const scheduledId = started?.scheduledEventId ?? event.activityTaskCompletedEventAttributes?.scheduledEventId;
  const scheduled = events.find(({ eventId }) => eventId === scheduledId)?.activityTaskScheduledEventAttributes;
  return {
    eventId: event.eventId,
    type: event.eventType.replace(/^EVENT_TYPE_/, ''),
    at: Date.parse(event.eventTime),
    ...(scheduled === undefined ? {} : { activity: scheduled.activityType.name }),
    ...(started === undefined ? {} : { attempt: started.attempt }),
  };
};
