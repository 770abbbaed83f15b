import type { ReleaseView } from '../domain/release/types.js';
import { duration, mark, short, when } from './output.js';
import { table } from './table.js';

/** The whole state of a release on one screen. */
export const renderRelease = (view: ReleaseView): string =>
  [
    `${view.releaseId}: ${mark(view.outcome ?? (view.waiting === undefined ? 'running' : 'waiting'))}${view.reason === undefined ? '' : `, ${view.reason}`}`,
    `commit ${short(view.commit)} by ${(view.authorship?.authors ?? []).join(', ') || 'nobody known'}, started ${when(view.startedAt)}${view.artifactDigest === undefined ? '' : `, artifact ${view.artifactDigest}`}`,
    ...(view.waiting === undefined
      ? []
      : [
          `waits for ${view.waiting.quorum} of ${view.waiting.roles.join(', ')} to enter ${view.waiting.environment}; reminder ${when(view.waiting.remindAt)}, expires ${when(view.waiting.expireAt)}`,
        ]),
    table(
      ['Stage', 'Environment', 'Status', 'Took', 'Why'],
      view.stages.map((stage) => [
        stage.name,
        stage.environment,
        stage.verdict !== undefined && stage.verdict !== 'pass' ? stage.verdict : stage.status,
        stage.startedAt === undefined || stage.endedAt === undefined ? '' : duration(stage.endedAt - stage.startedAt),
        (stage.reason ?? '').split('\n')[0]?.slice(0, 100),
      ]),
    ),
    ...(view.decisions.length === 0
      ? []
      : [
          '',
          table(
            ['Decision', 'By', 'Counted', 'Reason'],
            view.decisions.map((one) => [
              one.decision,
              one.subject,
              one.counted ? 'yes' : `no: ${one.refusal}`,
              one.reason,
            ]),
          ),
        ]),
  ].join('\n');
