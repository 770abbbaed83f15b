import { canonicalJson } from '../../src/domain/canonical.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ListedWorkflow, Visibility } from '../../src/ports/visibility.js';
import type { ScheduleSpec, WorkflowStart, Workflows } from '../../src/ports/workflows.js';

/** What a workflow of a type does with its messages; made anew for every run. */
export interface WorkflowBehaviour {
  readonly signals?: Readonly<Record<string, (argument: never) => void>>;
  readonly updates?: Readonly<Record<string, (argument: never) => unknown>>;
  readonly queries?: Readonly<Record<string, () => unknown>>;
  /** Search attributes that it has set since it was started. */
  readonly attributes?: () => Readonly<Record<string, string>>;
}

export interface Run {
  readonly input: unknown;
  /** Ends the run; later messages find nothing. */
  end(result?: unknown): void;
}

interface Execution {
  readonly start: WorkflowStart;
  readonly behaviour: WorkflowBehaviour;
  readonly startedAt: number;
  readonly answers: Map<string, Promise<unknown>>;
  /** When signals were taken, by their content. */
  readonly taken: Map<string, number>;
  readonly ended: Promise<unknown>;
  open: boolean;
  endedAt?: number;
}

/** The Workflows and Visibility ports in memory, with behaviours in the place of workflows, and doors for tests. */
export interface MemoryWorkflows extends Workflows, Visibility {
  readonly schedules: ReadonlyMap<string, ScheduleSpec>;
  /** IDs of schedules that were triggered, in order. */
  readonly triggered: readonly string[];
  readonly cancelled: readonly string[];
  readonly started: readonly WorkflowStart[];
  /** Every call fails with this error until it is called without one. */
  fail(error?: Error): void;
}

export const createMemoryWorkflows = (
  types: Readonly<Record<string, (run: Run) => WorkflowBehaviour>>,
): MemoryWorkflows => {
  const executions = new Map<string, Execution>();
  const schedules = new Map<string, ScheduleSpec>();
  const [triggered, cancelled, started]: [string[], string[], WorkflowStart[]] = [[], [], []];
  let failure: Error | undefined;
  let clock = 0;
  const answering = (): void => {
    if (failure !== undefined) throw failure;
  };

  const begin = (start: WorkflowStart): Execution => {
    const type = types[start.workflowType];
    if (type === undefined) throw new SlipwayError('internal', `no workflow of type ${start.workflowType}`);
    let end: (result: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => (end = resolve));
    const behaviour = type({
      input: start.input,
      end: (result) => {
        execution.open = false;
        execution.endedAt = ++clock;
        end(result);
      },
    });
    const execution: Execution = {
      start,
      behaviour,
      startedAt: ++clock,
      answers: new Map(),
      taken: new Map(),
      ended,
      open: true,
    };
    executions.set(start.workflowId, execution);
    started.push(start);
    return execution;
  };
  const find = (workflowId: string): Execution => {
    const found = executions.get(workflowId);
    if (found === undefined) throw new SlipwayError('not_found', `no workflow ${workflowId}`);
    return found;
  };
  const running = (workflowId: string): Execution => {
    const found = find(workflowId);
    if (!found.open) throw new SlipwayError('not_found', `workflow ${workflowId} has ended`);
    return found;
  };
  const send = (execution: Execution, signal: string, argument: unknown): void => {
    const key = canonicalJson([signal, argument ?? null]);
    if (!execution.taken.has(key)) execution.taken.set(key, Date.now());
    execution.behaviour.signals?.[signal]?.(JSON.parse(JSON.stringify(argument ?? null)) as never);
  };

  return {
    schedules,
    triggered,
    cancelled,
    started,
    fail: (error) => {
      failure = error;
    },
    startOnce: async (start) => {
      answering();
      if (executions.has(start.workflowId)) return { started: false };
      begin(start);
      return { started: true };
    },
    startAgain: async (start) => {
      answering();
      if (executions.get(start.workflowId)?.open === true) return { started: false };
      begin(start);
      return { started: true };
    },
    signalWithStart: async (start, signal, argument) => {
      answering();
      const found = executions.get(start.workflowId);
      send(found?.open === true ? found : begin(start), signal, argument);
    },
    signal: async (workflowId, signal, argument) => {
      answering();
      send(running(workflowId), signal, argument);
    },
    signalledAt: async (workflowId, signal, argument) => {
      answering();
      return find(workflowId).taken.get(canonicalJson([signal, argument]));
    },
    update: async <T>(workflowId: string, update: string, argument: unknown) => {
      answering();
      const { answers, behaviour } = running(workflowId);
      const handler = behaviour.updates?.[update];
      if (handler === undefined) throw new SlipwayError('internal', `no update ${update}`);
      const key = canonicalJson([update, argument]);
      const answer = answers.get(key) ?? (async () => handler(argument as never))();
      answers.set(key, answer);
      return (await answer) as T;
    },
    query: async <T>(workflowId: string, query: string) => {
      answering();
      const handler = find(workflowId).behaviour.queries?.[query];
      if (handler === undefined) throw new SlipwayError('internal', `no query ${query}`);
      return JSON.parse(JSON.stringify(handler())) as T;
    },
    cancel: async (workflowId) => {
      answering();
      running(workflowId);
      cancelled.push(workflowId);
    },
    result: async <T>(workflowId: string) => {
      answering();
      return (await find(workflowId).ended) as T;
    },
    ensureSchedule: async (schedule) => {
      answering();
      schedules.set(schedule.scheduleId, schedule);
    },
    triggerSchedule: async (scheduleId) => {
      answering();
      if (!schedules.has(scheduleId)) throw new SlipwayError('not_found', `no schedule ${scheduleId}`);
      triggered.push(scheduleId);
    },
    deleteSchedule: async (scheduleId) => {
      answering();
      schedules.delete(scheduleId);
    },
    list: async ({ workflowType, searchAttributes = {}, running: open, limit, cursor }) => {
      answering();
      const matching = [...executions.values()]
        .filter(({ start }) => start.workflowType === workflowType)
        .filter((execution) =>
          Object.entries(searchAttributes).every(([name, value]) =>
            [value].flat().includes(attributesOf(execution)[name] ?? ''),
          ),
        )
        .filter((execution) => open === undefined || execution.open === open)
        .sort((a, b) => Number(b.open) - Number(a.open) || b.startedAt - a.startedAt);
      const from = Number(cursor ?? 0);
      const next = from + limit;
      return {
        workflows: matching.slice(from, next).map(toListed),
        ...(next < matching.length ? { cursor: String(next) } : {}),
      };
    },
  };
};

const attributesOf = ({ start, behaviour }: Execution): Readonly<Record<string, string>> => ({
  ...start.searchAttributes,
  ...behaviour.attributes?.(),
});

const toListed = (execution: Execution): ListedWorkflow => ({
  workflowId: execution.start.workflowId,
  running: execution.open,
  startedAt: execution.startedAt,
  ...(execution.endedAt === undefined ? {} : { endedAt: execution.endedAt }),
  searchAttributes: attributesOf(execution),
});
