import type { ServingLimits } from '../contract/servingLimits.js';

export interface ServingNodeSettings {
  readonly environment: string;
  readonly host: string;
  readonly port: number;
  /** Where it speaks gRPC as well, of the same host; undefined: it does not. */
  readonly grpcPort?: number;
  /** Where callers reach the node; undefined: at its host and port. */
  readonly publicUrl?: string;
  /** Further names that callers may use for it. */
  readonly hosts: readonly string[];
  readonly adminSocket: string;
  /** Where the admin side listens as well, for whoever shows the token. */
  readonly admin?: { readonly host: string; readonly port: number; readonly token: string };
  /** Desired state, artifacts and sockets of this node. */
  readonly directory: string;
  readonly limits: ServingLimits;
  /** What a model server is started with: program, and the variables that every one of them has. */
  readonly modelServer: {
    readonly entry: string;
    readonly variables: (version: ModelServerVariables) => Readonly<Record<string, string>>;
  };
}

export interface ModelServerVariables {
  readonly model: string;
  readonly artifactDirectory: string;
  readonly socket: string;
}
