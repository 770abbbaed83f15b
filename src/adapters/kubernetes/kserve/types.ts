import type { KubernetesObject } from '../objects.js';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Traffic {
  readonly revisionName?: string;
  readonly latestRevision?: boolean;
  readonly percent?: number;
}

/** Of KServe: what runs, and which share the newest of it has. The fields in use. */
export interface InferenceService extends KubernetesObject {
  readonly spec: {
    readonly predictor: {
      readonly canaryTrafficPercent?: number;
      readonly minReplicas?: number;
      readonly maxReplicas?: number;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly containers?: readonly object[];
      readonly volumes?: readonly object[];
    };
  };
  readonly status?: {
    readonly url?: string;
    readonly conditions?: readonly Condition[];
    readonly components?: { readonly predictor?: PredictorStatus };
  };
}

/** `latestRolledout` is the last revision that had everything, and `previousRolledout` the one before that. */
export interface PredictorStatus {
  readonly latestCreatedRevision?: string;
  readonly latestReadyRevision?: string;
  readonly latestRolledoutRevision?: string;
  readonly previousRolledoutRevision?: string;
  readonly traffic?: readonly Traffic[];
}

/** Of Knative, which never changes one: what a predictor was at some time, with our labels and annotations of it. */
export interface Revision extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export const conditionOf = (
  { status }: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
): Condition | undefined => status?.conditions?.find((one) => one.type === type);
