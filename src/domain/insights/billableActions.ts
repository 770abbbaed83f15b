/** The part of a Temporal history event, in its JSON form, that the cost depends on. */
export interface CostEvent {
  readonly eventType?: string;
  readonly activityTaskStartedEventAttributes?: { readonly attempt?: number };
  readonly workflowExecutionStartedEventAttributes?: { readonly parentWorkflowExecution?: unknown };
}

export interface Cost {
  readonly actions: number;
  readonly events: number;
  readonly byKind: Readonly<Record<string, number>>;
}

const KINDS: Readonly<Record<string, string>> = {
  EVENT_TYPE_TIMER_STARTED: 'timer',
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 'signal',
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 'update',
  EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 'search attributes',
  EVENT_TYPE_MARKER_RECORDED: 'marker',
  EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'continue as new',
};

/**
 * Actions that Temporal Cloud bills for one execution (https://docs.temporal.io/cloud/actions), heartbeats apart: its
 * start (two where it is a child), activities with every retry, timers, signals and updates that it received, search
 * attributes, and markers. Rejected updates and queries leave no event and are not counted.
 */
export const billableActions = (events: readonly CostEvent[]): Cost => {
  const byKind: Record<string, number> = {};
  const add = (kind: string, count: number): void => {
    byKind[kind] = (byKind[kind] ?? 0) + count;
  };
  for (const event of events) {
    const type = event.eventType ?? '';
    const kind = KINDS[type];
    if (type === 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED') {
      const parent = event.workflowExecutionStartedEventAttributes?.parentWorkflowExecution ?? undefined;
      add('start', parent === undefined ? 1 : 2);
    } else if (type === 'EVENT_TYPE_ACTIVITY_TASK_STARTED') {
      add('activity', Math.max(1, event.activityTaskStartedEventAttributes?.attempt ?? 1));
    } else if (kind !== undefined) add(kind, 1);
  }
  return { actions: Object.values(byKind).reduce((sum, count) => sum + count, 0), events: events.length, byKind };
};
