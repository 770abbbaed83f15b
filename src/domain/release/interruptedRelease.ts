import { askingOf } from '../approval/asking.js';
import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';
import type { EnvironmentSpec, ParamValue } from '../spec/types.js';
import { bypassesOnRecord } from '../urgency/onRecord.js';
import { AUTOMATIC_APPROVAL } from './judgeAutomatic.js';
import { RESUME_ASKED } from './resumeAsked.js';
import { describeStages, endStages, updateStage } from './stages.js';
import type { DecisionRecord, ReleaseOutcome, ReleaseView, StageName, StageView, Trigger } from './types.js';

/** An entry of the release's own stream, or a deployment of its version from an environment's. */
export interface InterruptedEntry {
  readonly stream: string;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface InterruptedFacts {
  readonly releaseId: string;
  /** In the order in which they were written. */
  readonly entries: readonly InterruptedEntry[];
  /** Position of its commit on the branch, where no entry says it. */
  readonly order: number;
  /** Environments of its spec; none where it was never read. */
  readonly environments: readonly EnvironmentSpec[];
  /** How often it had been told on. */
  readonly resumed: number;
  /** When it is found to be interrupted, epoch milliseconds. */
  readonly now: number;
}

const LOST = 'the engine lost it';

/**
 * The last view of a release whose engine was lost while it was under way, from the ledger: as far as it came. It has
 * failed, and can be resumed; unless a gate, a person or a canary had said no, which a loss does not undo.
 */
export const interruptedRelease = (facts: InterruptedFacts): ReleaseView | undefined => {
  const { releaseId, entries, resumed, now } = facts;
  const started = entries.find(({ kind }) => kind === 'release.started');
  if (started === undefined) return undefined;
  const stages = entries.reduce(told, describeStages(facts.environments));
  const decisions = entries.filter(({ kind }) => kind === 'decision').map(decisionOf);
  const refused = verdictOf(stages, entries);
  const [outcome, reason] = refused ?? (['failed', `${LOST} ${whereabouts(stages)}`] as const);
  const artifactDigest = lastOf(entries, 'stage.package')?.['artifactDigest'] as Digest | undefined;
  const asked = lastOf(entries, 'approval.asked');
  const { body } = started;
  return {
    releaseId,
    model: String(body['model']),
    repository: String(body['repository']),
    commit: String(body['commit']),
    order: typeof body['order'] === 'number' ? body['order'] : facts.order,
    trigger: triggerOf(body, started.at),
    params: (body['params'] ?? {}) as Readonly<Record<string, ParamValue>>,
    startedAt: started.at,
    endedAt: now,
    ...(resumed === 0 ? {} : { resumed }),
    outcome,
    reason,
    ...(outcome === 'blocked' ? { blockedBy: failedStage(stages)?.verdict ?? 'fail' } : {}),
    stages: endStages(refused === undefined ? underWay(stages) : stages, now, reason),
    ...(artifactDigest === undefined ? {} : { artifactDigest }),
    ...(asked === undefined ? {} : { evidenceDigest: asked['evidenceDigest'] as Digest }),
    decisions,
    ...bypassesOnRecord(entries),
  };
};

const told = (stages: readonly StageView[], { stream, kind, at, body }: InterruptedEntry): readonly StageView[] => {
  if (kind.startsWith('stage.')) {
    const verdict = body['verdict'] as Verdict;
    return updateStage(stages, kind.slice('stage.'.length) as StageName, body['environment'] as string | undefined, {
      status: verdict === 'pass' ? 'passed' : 'failed',
      verdict,
      reason: String(body['reason'] ?? ''),
      evidence: body['evidence'] as Digest,
      endedAt: at,
    });
  }
  if (kind === AUTOMATIC_APPROVAL)
    return updateStage(stages, 'approve', String(body['environment']), {
      status: body['verdict'] === 'pass' ? 'passed' : 'failed',
      verdict: body['verdict'] as Verdict,
      reason: String(body['reason'] ?? ''),
      evidence: body['evidence'] as Digest,
      endedAt: at,
    });
  if (kind === 'approval.asked')
    return updateStage(stages, askingOf(body['gate']), String(body['env']), { status: 'waiting', startedAt: at });
  if (!kind.startsWith('deployment.') || body['kind'] !== 'release') return stages;
  const environment = stream.split('/').at(-1) ?? '';
  const deployed = kind === 'deployment.deployed';
  const approved = stages.some((stage) => stage.name === 'approve' && stage.environment === environment)
    ? updateStage(stages, 'approve', environment, { status: 'passed', verdict: 'pass', endedAt: at })
    : stages;
  return updateStage(approved, 'deploy', environment, {
    status: deployed ? 'passed' : 'failed',
    ...(deployed ? { verdict: 'pass' } : {}),
    reason: deployed ? `serving in epoch ${String(body['epoch'])}` : String(body['reason'] ?? ''),
    endedAt: at,
  });
};

/** What somebody or something had decided before the engine was lost. */
const verdictOf = (
  stages: readonly StageView[],
  entries: readonly InterruptedEntry[],
): readonly [ReleaseOutcome, string] | undefined => {
  // What was kept is no part of the story; an attempt that wakes up late may still write it down after the end. Nor is that
  // somebody asked to have it told on.
  const last = entries
    .filter(({ kind }) => !kind.startsWith('deployment.') && !kind.startsWith('kept.') && kind !== RESUME_ASKED)
    .at(-1);
  if (last?.kind === 'release.ended')
    return [last.body['outcome'] as ReleaseOutcome, String(last.body['reason'] ?? '')];
  const failed = failedStage(stages);
  if (failed?.name === 'gate') return ['blocked', failed.reason ?? ''];
  if (failed?.name === 'deploy' && lastOf(entries, 'deployment.rolled_back') !== undefined)
    return ['rolled_back', failed.reason ?? ''];
  if (failed !== undefined) return ['failed', failed.reason ?? ''];
  const latest = entries.filter(({ kind }) => kind === 'decision' || kind === 'approval.asked').at(-1);
  return latest?.kind === 'decision' && latest.body['counted'] === true && latest.body['decision'] === 'reject'
    ? ['rejected', String(latest.body['reason'] ?? '')]
    : undefined;
};

const failedStage = (stages: readonly StageView[]): StageView | undefined =>
  stages.find(({ status }) => status === 'failed');

/** The first stage of which nothing was written down was the one under way. */
const underWay = (stages: readonly StageView[]): readonly StageView[] => {
  const at = stages.findIndex(({ status }) => status === 'waiting' || status === 'pending');
  return stages.map((stage, index) =>
    index === at && stage.status === 'pending' ? { ...stage, status: 'running' } : stage,
  );
};

const whereabouts = (stages: readonly StageView[]): string => {
  const stage = underWay(stages).find(({ status }) => status === 'waiting' || status === 'running');
  if (stage === undefined) return 'when everything was done';
  const where = stage.environment === undefined ? '' : ` in ${stage.environment}`;
  return stage.status === 'waiting'
    ? `while it waited for approval of ${stage.environment ?? ''}`
    : `at ${stage.name}${where}`;
};

const triggerOf = (body: InterruptedEntry['body'], at: number): Trigger => ({
  kind: (body['kind'] ?? 'manual') as Trigger['kind'],
  by: String(body['trigger']),
  at,
  ...(typeof body['reason'] === 'string' ? { reason: body['reason'] } : {}),
});

const decisionOf = ({ at, body }: InterruptedEntry): DecisionRecord => ({
  at,
  jti: String(body['jti']),
  subject: String(body['subject']),
  decision: String(body['decision']),
  reason: String(body['reason'] ?? ''),
  counted: body['counted'] === true,
  ...(typeof body['refusal'] === 'string' ? { refusal: body['refusal'] } : {}),
  ...(typeof body['refusalReason'] === 'string' ? { refusalReason: body['refusalReason'] } : {}),
});

const lastOf = (entries: readonly InterruptedEntry[], kind: string): InterruptedEntry['body'] | undefined =>
  entries.filter((entry) => entry.kind === kind).at(-1)?.body;
