/** A workflow as the engine lists it: eventually consistent, and gone when its retention has passed. */
export interface ListedWorkflow {
  readonly workflowId: string;
  readonly running: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

export interface WorkflowFilter {
  readonly workflowType: string;
  /** Values of search attributes; of several: one of them. */
  readonly searchAttributes?: Readonly<Record<string, string | readonly string[]>>;
  readonly running?: boolean;
  readonly limit: number;
  /** From the answer before. */
  readonly cursor?: string;
}

export interface Visibility {
  /** Running ones first, then the latest ended. */
  list(filter: WorkflowFilter): Promise<{ readonly workflows: readonly ListedWorkflow[]; readonly cursor?: string }>;
}
