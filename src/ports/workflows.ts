/** What activities and the API ask of the workflow engine; the adapter is `adapters/temporal`. */
export interface WorkflowStart {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly input: unknown;
  readonly summary: string;
  /** Markdown for the engine's own user interface. */
  readonly details?: string;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

export interface Workflows {
  /** Starts once: an ID that runs or ran answers `started: false`. */
  startOnce(start: WorkflowStart): Promise<{ readonly started: boolean }>;
  /** Starts an ID that may have run before; `started: false` where it runs now. */
  startAgain(start: WorkflowStart): Promise<{ readonly started: boolean }>;
  /** Signals a workflow, and starts it first where it does not run. */
  signalWithStart(start: WorkflowStart, signal: string, argument: unknown): Promise<void>;
  /** `not_found` when it has ended or never was. */
  signal(workflowId: string, signal: string, argument: unknown): Promise<void>;
  /** When the engine took this very signal, epoch milliseconds; undefined where it never did. */
  signalledAt(workflowId: string, signal: string, argument: unknown): Promise<number | undefined>;
  update<T>(workflowId: string, update: string, argument: unknown): Promise<T>;
  query<T>(workflowId: string, query: string): Promise<T>;
  cancel(workflowId: string): Promise<void>;
  result<T>(workflowId: string): Promise<T>;
  ensureSchedule(schedule: ScheduleSpec): Promise<void>;
  triggerSchedule(scheduleId: string): Promise<void>;
  deleteSchedule(scheduleId: string): Promise<void>;
}

export interface ScheduleSpec {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly workflowType: string;
  readonly workflowId: string;
  readonly input: unknown;
  readonly taskQueue: string;
  readonly note: string;
  /** Markdown for the engine's own user interface. */
  readonly details?: string;
  /** Spreads the starts of many schedules; none unless it is said. */
  readonly jitterMs?: number;
  readonly searchAttributes?: Readonly<Record<string, string>>;
}
