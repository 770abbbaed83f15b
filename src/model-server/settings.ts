import type { ServingLimits } from '../contract/servingLimits.js';

export interface ModelServerSettings {
  readonly model: string;
  readonly environment: string;
  /** Folder with manifest.json and the layers under their paths. */
  readonly artifactDirectory: string;
  /** Unix socket of the serving node's side: the protocol, and what only the node may ask. */
  readonly socket?: string;
  /** Address of the protocol. Without a node, whoever reaches it may read the counters, too. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Without a node that says it of every request: what all requests are logged as. */
  readonly route?: 'champion' | 'shadow';
  readonly limits: ServingLimits;
}
