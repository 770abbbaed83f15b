import type { EnvironmentMinimum } from '../domain/spec/minimum.js';
import type { Attestations } from '../ports/attestations.js';
import type { DecisionSigner } from '../ports/decisionKeys.js';
import type { DeployTarget } from '../ports/deployTarget.js';
import type { Directory } from '../ports/directory.js';
import type { Engine } from '../ports/engine.js';
import type { InferenceLog } from '../ports/inferenceLog.js';
import type { Ledger } from '../ports/ledger.js';
import type { LedgerArchive } from '../ports/ledgerArchive.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { ReportLinks } from '../ports/reportLinks.js';
import type { SourceControl } from '../ports/sourceControl.js';
import type { Visibility } from '../ports/visibility.js';
import type { Workflows } from '../ports/workflows.js';
import type { EngineGuard } from './engineGuard.js';
import type { TokenVerifier } from './tokens.js';

/** Plain values of the operator's configuration that the API needs. */
export interface ServerSettings {
  /** The audience of decisions. */
  readonly installation: string;
  readonly models: readonly {
    readonly name: string;
    readonly repository: string;
    readonly branch: string;
    /** What a slipway.yaml must ask for at least; nothing where absent. */
    readonly minimum?: readonly EnvironmentMinimum[];
  }[];
  /** Names that callers may use for the API, besides loopback's and IP addresses. */
  readonly hosts: readonly string[];
  /** Names of the operator's environments. */
  readonly environments: readonly string[];
  readonly limits: { readonly requestBytes: number; readonly labelBytes: number; readonly jsonDepth: number };
}

/** What the API reaches the world through; the entry file injects the adapters. */
export interface ServerPorts {
  readonly workflows: Workflows;
  readonly visibility: Visibility;
  readonly engine: Pick<Engine, 'prepare'>;
  readonly guard: EngineGuard;
  readonly store: BlobStore;
  readonly ledger: Ledger & Pick<LedgerArchive, 'streams'>;
  readonly attestations: Attestations;
  readonly source: SourceControl;
  readonly directory: Directory;
  readonly decisions: DecisionSigner;
  readonly labels: Pick<InferenceLog, 'appendLabels'>;
  readonly target: (environment: string) => DeployTarget;
  readonly tokens: TokenVerifier;
  readonly links: ReportLinks;
  readonly settings: ServerSettings;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
