import type { ServingLimits } from '../contract/servingLimits.js';

export interface ModelServerSettings {
  readonly model: string;
  readonly environment: string;
  /** Folder with manifest.json and the layers under their paths. */
  readonly artifactDirectory: string;
  /** Unix socket of the serving node's side: the protocol, and what only the node may ask. */
  readonly socket?: string;
  /** Address of the protocol alone. */
  readonly address?: { readonly host: string; readonly port: number };
  readonly limits: ServingLimits;
}
