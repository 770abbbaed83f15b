import type { ErrorCode } from '../domain/errors/table.js';
import type { ServerCommand } from './serverCommand.js';

/** Where a process answers: inference and API by URL, signer and administration by Unix socket. */
export interface ProcessAddress {
  readonly url?: string;
  readonly socket?: string;
  /** `host:port` of gRPC (Temporal, whose `url` is the Web UI). */
  readonly address?: string;
}

export interface ProcessPlan {
  readonly name: string;
  readonly command: ServerCommand;
  readonly at: ProcessAddress;
  /** Resolves when the process answers its real health check; rejects, saying why not, when `signal` aborts. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** Where it ends with this code before it answers, the start goes on without it, and it is started again until it does. */
  readonly waitsFor?: ErrorCode;
  /** Time to end after SIGTERM before SIGKILL. */
  readonly graceMs: number;
}
