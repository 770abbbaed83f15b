import type { ServingLimits } from '../../contract/servingLimits.js';
import { codeOf, type Code } from '../../domain/inference/grpc/status.js';
import type { Part } from '../../domain/inference/grpc/write.js';
import type { Deployments } from '../deployments.js';
import type { Relayed } from '../route/exchange.js';
import type { Inference } from '../route/inference.js';
import type { MessageReader } from './messageReader.js';

/** One call: what it came with, beside its message. */
export interface Call {
  /** First value of a metadata key. */
  header(name: string): string | undefined;
  /** Milliseconds until nobody waits for the answer; Infinity where the caller set no deadline. */
  readonly leftMs: number;
  /** Aborted when the caller went away before its deadline. */
  readonly cancelled: AbortSignal;
}

export type Reply =
  | {
      readonly kind: 'answered';
      readonly message: readonly Part[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly done?: () => void;
    }
  | {
      readonly kind: 'refused';
      readonly code: Code;
      readonly details: string;
      /** When it is worth asking again. */
      readonly pushbackMs?: number;
      readonly done?: () => void;
    };

export type Method = (message: Buffer, call: Call) => Reply | Promise<Reply>;

export interface ServiceParts {
  readonly deployments: Deployments;
  readonly inference: Inference;
  readonly limits: ServingLimits;
  readonly reader: Pick<MessageReader, 'read'>;
}

export const answered = (message: readonly Part[]): Reply => ({ kind: 'answered', message });

/** What a model server or the router said over HTTP, in the words of gRPC. */
export const refusedBy = ({ status, headers, body }: Relayed): Extract<Reply, { kind: 'refused' }> => {
  const seconds = Number(headers['retry-after']);
  return {
    kind: 'refused',
    code: codeOf(status),
    details: errorOf(body),
    ...(seconds > 0 ? { pushbackMs: seconds * 1_000 } : {}),
  };
};

const errorOf = (body: Buffer): string => {
  const { error } = JSON.parse(body.toString('utf8')) as { readonly error?: unknown };
  return typeof error === 'string' ? error : 'the model server gave no reason';
};
