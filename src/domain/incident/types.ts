import type { Digest } from '../artifact/types.js';
import type { DriftWindow, Finding, ProblemKind } from '../drift/types.js';

export type IncidentStatus = 'open' | 'acknowledged' | 'remediating' | 'resolved';

/** What a problem is about: what a drift check found, or that somebody broke the glass. */
export type Problem = Omit<Finding, 'kind'> & { readonly kind: ProblemKind };

export interface IncidentFinding {
  readonly findingId: string;
  readonly finding: Problem;
  readonly report: Digest;
  readonly artifactDigest: Digest;
  readonly window: DriftWindow;
}

export type RemediationAction = 'rollback' | 'retrain' | 'none';

/** What the replay of the same window says: losses of the serving and of the earlier version. */
export interface RemediationEvidence {
  readonly window: DriftWindow;
  readonly labelled: number;
  readonly qualityPassed: boolean;
  /** Window mean loss per version; blocks are days. */
  readonly current?: number;
  readonly previous?: number;
  /** Interval of current minus previous, by day blocks. */
  readonly difference?: readonly [number, number];
  /** Does the degradation begin at the deployment of the serving version? */
  readonly beginsAtDeploy: boolean;
}

export interface RemediationDecision {
  readonly action: RemediationAction;
  readonly reason: string;
}

export interface IncidentView {
  readonly incidentId: string;
  readonly model: string;
  readonly environment: string;
  readonly kind: string;
  readonly subject: string;
  readonly status: IncidentStatus;
  readonly openedAt: number;
  readonly acknowledgedBy?: string;
  readonly acknowledgedAt?: number;
  readonly resolvedAt?: number;
  readonly resolution?: string;
  readonly owner: string;
  readonly findings: readonly IncidentFinding[];
  readonly remediation?: RemediationDecision & { readonly outcome?: string; readonly releaseId?: string };
  readonly alertsDelivered: number;
  readonly timeline: readonly { readonly at: number; readonly text: string }[];
}
