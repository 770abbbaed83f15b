import type { ReleaseView } from './types.js';

export interface EndedEntry {
  readonly entryId: string;
  readonly kind: 'release.ended';
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a release ended, as the ledger has it. Each telling ends once, and each end is an entry of its own. */
export const endedEntry = (view: ReleaseView, now: number): EndedEntry => ({
  entryId: view.resumed === undefined ? 'ended' : `ended.${view.resumed}`,
  kind: 'release.ended',
  at: view.endedAt ?? now,
  body: {
    outcome: view.outcome,
    reason: view.reason,
    commit: view.commit,
    artifactDigest: view.artifactDigest ?? null,
    evidenceDigest: view.evidenceDigest ?? null,
    stages: view.stages
      .filter(({ status }) => status !== 'pending')
      .map(({ name, environment, status, verdict, reason, evidence }) => ({
        name,
        environment,
        status,
        verdict,
        reason,
        evidence,
      })),
    decisions: view.decisions.map(({ jti, subject, decision, counted }) => ({ jti, subject, decision, counted })),
  },
});
