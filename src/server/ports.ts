import type { ConfiguredFreeze } from '../domain/hold/configuredFreezes.js';
import type { EnvironmentMinimum } from '../domain/spec/minimum.js';
import type { Attestations } from '../ports/attestations.js';
import type { Calendar } from '../ports/calendar.js';
import type { DecisionSigner } from '../ports/decisionKeys.js';
import type { DeployTarget } from '../ports/deployTarget.js';
import type { ClaimsShelf } from '../ports/claimsShelf.js';
import type { Directory } from '../ports/directory.js';
import type { Engine } from '../ports/engine.js';
import type { IdentityProvider } from '../ports/identityProvider.js';
import type { InferenceLog } from '../ports/inferenceLog.js';
import type { Ledger } from '../ports/ledger.js';
import type { LedgerArchive } from '../ports/ledgerArchive.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { ReportLinks } from '../ports/reportLinks.js';
import type { Sessions } from '../ports/sessions.js';
import type { SourceControl } from '../ports/sourceControl.js';
import type { Visibility } from '../ports/visibility.js';
import type { Workflows } from '../ports/workflows.js';
import type { EngineGuard } from './engineGuard.js';
import type { RatesPerMinute } from './rateLimits.js';
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
  /** How often targets are asked what they run; absent: never. */
  readonly lookAtTargetsEveryMs?: number;
  /** Addresses of proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  readonly limits: {
    readonly requestBytes: number;
    readonly labelBytes: number;
    readonly jsonDepth: number;
    readonly perMinute: RatesPerMinute;
    /** That one identity may have open at a time. */
    readonly eventStreams: number;
  };
  /** Freezes of the operator's file. */
  readonly freezes: readonly ConfiguredFreeze[];
  /** Roles that may start a hotfix. */
  readonly hotfixRoles: readonly string[];
  /** Roles of which two people may break the glass; none: nobody may. */
  readonly breakGlassRoles: readonly string[];
}

/** How people log in. */
export interface Login {
  readonly provider: IdentityProvider;
  readonly sessions: Sessions;
  readonly claims: Pick<ClaimsShelf, 'keep'>;
  /** Groups of the provider that mean something here, now; no others are kept. */
  readonly groupsAsked: () => readonly string[];
  readonly settings: {
    readonly issuer: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    /** Of this API as it is known to the world; who logs in elsewhere opens no session here. */
    readonly origin: string;
    readonly sessionLastsMs: number;
    /** How old a log-in may be that decides. */
    readonly decideWithinMs: number;
  };
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
  readonly calendar: Calendar;
  readonly decisions: DecisionSigner;
  readonly labels: Pick<InferenceLog, 'appendLabels'>;
  readonly target: (environment: string) => DeployTarget;
  readonly tokens: TokenVerifier;
  /** Absent: this installation has no identity provider. */
  readonly login?: Login;
  /** The app of Slack whose clicks are taken; absent: none is. */
  readonly slack?: { readonly signingSecret: string; readonly team: string };
  readonly links: ReportLinks;
  readonly settings: ServerSettings;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
