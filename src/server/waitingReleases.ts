import { decidingRoles } from '../domain/approval/approvalRule.js';
import { personBehind, standingDecisions } from '../domain/approval/tallyDecisions.js';
import { voicesOn } from '../domain/approval/voices.js';
import { byWhomItWaitsFor } from '../domain/approval/waitingOrder.js';
import { standingOf } from '../domain/identity/mayDecide.js';
import { sayGlassAsked } from '../domain/urgency/bypasses.js';
import type { Identity } from '../domain/identity/types.js';
import type { ReleaseView, WaitingView } from '../domain/release/types.js';
import type { ListedWorkflow } from '../ports/visibility.js';
import { releaseStateQuery, waitingStage } from '../../workflows/messages.js';
import { eachOf, orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';

const WIDTH = 8;

interface Asked {
  readonly model?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * One page of the releases that wait for a decision, with what it would be about; `mine`: the asker may decide; `decided`:
 * and did. The engine lists those that say they wait, however many run beside them.
 */
export const waitingReleases = async (ports: ServerPorts, { model, limit, cursor }: Asked, identity: Identity) => {
  const running = {
    ...{ workflowType: 'release', running: true, limit },
    ...(cursor === undefined ? {} : { cursor }),
  };
  const ofModel = model === undefined ? {} : { SlipwayModel: model };
  const SlipwayStage = ports.settings.environments.map(waitingStage);
  const page = await ports.visibility.list({ ...running, searchAttributes: { ...ofModel, SlipwayStage } });
  const listed = [...page.workflows];
  if (cursor === undefined) {
    // The engine lists a little later: who began to wait a moment ago is among those that began to run last.
    const { workflows } = await ports.visibility.list({ ...running, searchAttributes: ofModel });
    listed.push(...workflows.filter((one) => !saysItWaits(one, SlipwayStage)));
  }
  const views = await eachOf(listed, WIDTH, ({ workflowId }) =>
    orAbsent(ports.workflows.query<ReleaseView>(workflowId, releaseStateQuery.name)),
  );
  const identities = await ports.directory.identities();
  const approvals = views.flatMap((view) =>
    view?.waiting === undefined
      ? []
      : [
          {
            ...view.waiting,
            releaseId: view.releaseId,
            model: view.model,
            commit: view.commit,
            authorship: view.waiting.authorship ?? view.authorship,
            decisions: view.decisions,
            mine: mayDecideOn(view, view.waiting, identity, identities),
            decided: hasDecided(view, view.waiting.since, identity),
            glass: maySign(ports.settings.breakGlassRoles, view.waiting, identity) ? sayGlassAsked(view) : [],
          },
        ],
  );
  return {
    approvals: approvals.sort(byWhomItWaitsFor),
    ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
  };
};

const saysItWaits = ({ searchAttributes }: ListedWorkflow, stages: readonly string[]): boolean =>
  stages.includes(searchAttributes['SlipwayStage'] ?? '');

/** Whoever may be the second person of a break-glass. */
const maySign = (roles: readonly string[], { subject }: WaitingView, identity: Identity): boolean =>
  standingOf(identity, roles, { model: subject.model, environment: subject.env }).ok;

/** As `approve` would be judged. Where the wait does not name its authors, the release does. */
const mayDecideOn = (
  { decisions, authorship: told }: ReleaseView,
  { subject, climbed, escalatedTo = [], since, authorship = told, ...rule }: WaitingView,
  { name }: Identity,
  identities: readonly Identity[],
): boolean =>
  voicesOn({
    ...{ subject, identities, escalatedTo },
    roles: decidingRoles(rule),
    silent: climbed?.delegated ?? [],
    earlier: decisions.filter(({ at }) => at >= since),
    authorship: authorship ?? { authors: [], unknown: ['whoever wrote it'], trigger: '' },
  }).mayApprove(name).ok;

/** A word of theirs stands on what waits since then; under another identity of the same person, too. */
const hasDecided = ({ decisions }: ReleaseView, since: number, { name, person = name }: Identity): boolean =>
  standingDecisions(decisions.filter(({ at }) => at >= since)).some(
    (record) => record.subject === name || personBehind(record) === person,
  );
