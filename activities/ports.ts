import type { ConfiguredFreeze } from '../src/domain/hold/configuredFreezes.js';
import type { EnvironmentMinimum } from '../src/domain/spec/minimum.js';
import type { Attestations } from '../src/ports/attestations.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import type { Calendar } from '../src/ports/calendar.js';
import type { DataSource } from '../src/ports/dataSource.js';
import type { DecisionVerifier } from '../src/ports/decisionKeys.js';
import type { DeployTarget } from '../src/ports/deployTarget.js';
import type { Directory } from '../src/ports/directory.js';
import type { InferenceLog } from '../src/ports/inferenceLog.js';
import type { InferenceRunner } from '../src/ports/inferenceRunner.js';
import type { Ledger } from '../src/ports/ledger.js';
import type { MetricSources } from '../src/ports/metricSource.js';
import type { Notifier } from '../src/ports/notifier.js';
import type { PythonEnvironments } from '../src/ports/pythonEnvironments.js';
import type { SecretStore } from '../src/ports/secretStore.js';
import type { Signer } from '../src/ports/signer.js';
import type { SourceControl } from '../src/ports/sourceControl.js';
import type { StepRunner } from '../src/ports/stepRunner.js';
import type { TableReader } from '../src/ports/tableReader.js';
import type { Workflows } from '../src/ports/workflows.js';

/** Plain values of the operator's configuration that activities need. */
export interface ActivitySettings {
  /** Name of this installation: the audience of decisions. */
  readonly installation: string;
  /** Scratch space of this worker; everything below it may be deleted between two runs. */
  readonly workDirectory: string;
  /** Variables that steps of model repositories receive besides their own. */
  readonly stepEnv: Readonly<Record<string, string>>;
  /** The container image that steps run in, as the operator names it: part of what a step depends on. */
  readonly image?: string;
  /** How many commands of one release run side by side; as many as there are cores where absent. */
  readonly cores?: number;
  /** How often the checkpoints of steps are saved at most; half a minute where absent. */
  readonly checkpointEveryMs?: number;
  /** Base of links in notifications and commit statuses. */
  readonly apiUrl: string;
  /** Names of the operator's environments. */
  readonly environments: readonly string[];
  readonly models: Readonly<Record<string, ModelSettings>>;
  /** Freezes of the operator's file; none where absent. */
  readonly freezes?: readonly ConfiguredFreeze[];
  /** How often a target is asked what it runs, milliseconds; absent: never. */
  readonly lookAtTargetsEveryMs?: number;
  /** Roles of which two people may break the glass; absent or none: nobody may. */
  readonly breakGlassRoles?: readonly string[];
}

export interface ModelSettings {
  readonly repository: string;
  readonly branch: string;
  /** Event-time clock per environment; `arrivals`: now is the newest event time that was logged. */
  readonly clocks: Readonly<Record<string, EnvironmentClock>>;
  /** What a slipway.yaml must ask for at least, in the order of its environments; nothing where absent. */
  readonly minimum?: readonly EnvironmentMinimum[];
}

export type EnvironmentClock =
  | { readonly kind: 'wall' }
  | { readonly kind: 'replay'; readonly anchor: number; readonly speed: number }
  | { readonly kind: 'arrivals' };

/** What activities reach the world through; entry files inject the adapters. */
export interface Ports {
  readonly store: BlobStore;
  readonly ledger: Ledger;
  readonly source: SourceControl;
  readonly steps: StepRunner;
  readonly python: PythonEnvironments;
  readonly data: DataSource;
  readonly secrets: SecretStore;
  readonly target: (environment: string) => DeployTarget;
  readonly inference: InferenceRunner;
  readonly tables: TableReader;
  readonly log: InferenceLog;
  readonly metrics: MetricSources;
  readonly notifier: Notifier;
  readonly signer: Signer;
  readonly attestations: Attestations;
  readonly directory: Directory;
  readonly calendar: Calendar;
  readonly decisions: DecisionVerifier;
  readonly workflows: Workflows;
  readonly settings: ActivitySettings;
  /** Named points between an effect and its acknowledgement; does nothing outside the test configuration. */
  readonly failpoint: (name: string) => void;
}
