import { createHash } from 'node:crypto';
import { parseSpec } from '../../contract/spec/parseSpec.js';
import { refuseUnread } from '../../contract/spec/unreadParams.js';
import { canonicalJson } from '../../domain/canonical.js';
import { MAX_COMMENTS } from '../../domain/release/comment.js';
import { withComments } from '../../domain/report/commentSection.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { holdsAt, noticeOf } from '../../domain/hold/holdsAt.js';
import type { HoldNotice } from '../../domain/hold/types.js';
import { releaseDetails } from '../../domain/release/releaseDetails.js';
import type { ReleaseView, Trigger } from '../../domain/release/types.js';
import type { CanaryProgress } from '../../domain/rollout/canaryProgress.js';
import type { Identity } from '../../domain/identity/types.js';
import { releaseId, type ReleaseInput } from '../../../workflows/messages.js';
import { assertMayStartHotfix, declareHotfix } from '../hotfixes.js';
import type { Call, Handlers } from '../call.js';
import { canaryOf } from '../canary.js';
import { latestComments } from '../comments.js';
import { readEnvironment } from '../environmentStatus.js';
import { glassAsked } from '../glassAsked.js';
import { PAGE_HEADERS } from '../headers.js';
import { holdsOf } from '../holdRecords.js';
import { inCheckout, readFrom } from '../inCheckout.js';
import { knownModel } from '../known.js';
import { listReleases } from '../listReleases.js';
import type { ServerPorts } from '../ports.js';
import { releaseChecks } from '../releaseChecks.js';
import { evidenceOf, reportOf, shownBeside } from '../shownToReviewers.js';
import { readRelease, releaseDocument, releaseIdOf } from '../releaseState.js';
import { waitingRollout } from '../waitingRollout.js';
import { takesHotfixes } from '../../domain/urgency/hotfix.js';
import type { ROUTES } from '../../contract/http/routes.js';

type Mine =
  | 'startRelease'
  | 'startHotfix'
  | 'listReleases'
  | 'showRelease'
  | 'releaseEvidence'
  | 'releaseReport'
  | 'cancelRelease';

export const releaseHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  startRelease: async ({ body, identity }) => ({ status: 202, body: await startRelease(ports, body, identity) }),
  startHotfix: async ({ body, identity }) => {
    assertMayStartHotfix(ports, body.model, identity);
    return { status: 202, body: await startRelease(ports, { ...body, trigger: 'hotfix' }, identity) };
  },
  listReleases: async ({ query }) => ({ body: await listReleases(ports, query) }),
  showRelease: async ({ params }) => {
    const view = await readRelease(ports, params);
    const [canary, rollout, checks, holdsAhead, shown, glass] = await Promise.all([
      canaryOfRelease(ports, view),
      waitingRollout(ports, view),
      releaseChecks(ports, view),
      holdsAheadOf(ports, view),
      shownBeside(ports, view, params),
      glassAsked(ports, view),
    ]);
    return {
      body: {
        ...view,
        ...(canary === undefined ? {} : { canary }),
        ...(rollout === undefined ? {} : { rollout }),
        ...(checks === undefined ? {} : { checks }),
        ...(holdsAhead === undefined ? {} : { holdsAhead }),
        ...(shown === undefined ? {} : { prospect: shown.prospect }),
        ...(glass === undefined ? {} : { glassAsked: glass }),
      },
    };
  },
  releaseEvidence: async ({ params }) => {
    const body = await evidenceOf(ports, params);
    return { body: new TextDecoder().decode(body), type: 'application/json; charset=utf-8' };
  },
  releaseReport: async ({ params }) => {
    const body = await reportOf(ports, params);
    return {
      body: withComments(body, await latestComments(ports, params, MAX_COMMENTS)),
      type: 'text/html; charset=utf-8',
      headers: PAGE_HEADERS,
    };
  },
  cancelRelease: async ({ params }) => {
    const id = releaseIdOf(params);
    const { outcome } = await readRelease(ports, params);
    if (outcome === undefined) await ports.workflows.cancel(id);
    return { status: 202, body: { releaseId: id, ...(outcome === undefined ? {} : { outcome }) } };
  },
});

/** What would keep it out of the environment that it waits to enter, were it approved now. */
const holdsAheadOf = async (
  ports: ServerPorts,
  { model, waiting }: ReleaseView,
): Promise<readonly HoldNotice[] | undefined> => {
  if (waiting === undefined) return undefined;
  const place = { model, environment: waiting.environment };
  const { inForce } = holdsAt(await holdsOf(ports, place), place, ports.now());
  return inForce.length === 0 ? undefined : inForce.map(noticeOf);
};

/** How far the canary is that this release waits for. */
const canaryOfRelease = async (ports: ServerPorts, view: ReleaseView): Promise<CanaryProgress | undefined> => {
  const deploying = view.stages.find(({ name, status }) => name === 'deploy' && status === 'running')?.environment;
  if (view.outcome !== undefined || deploying === undefined) return undefined;
  const state = await readEnvironment(ports, view.model, deploying);
  return state?.active?.request.version.releaseId === view.releaseId ? canaryOf(ports, state) : undefined;
};

type StartBody = Omit<Call<typeof ROUTES.startRelease>['body'], 'trigger'> & {
  readonly trigger: Exclude<Trigger['kind'], 'commit'>;
};

/** Accepted means durable: the start is in the engine's history when this returns. */
const startRelease = async (
  ports: ServerPorts,
  body: StartBody,
  identity: Identity,
): Promise<{ releaseId: string; started: boolean }> => {
  const { repository } = knownModel(ports, body.model);
  const source =
    body.commit === undefined
      ? await ports.source.head(repository)
      : await ports.source.describe(repository, body.commit);
  await refuseUnreadAt(ports, repository, source.commit, body);
  const rerun = rerunOf(body);
  const id = releaseId(body.model, source.commit, rerun);
  const release = id.slice(`release/${body.model}/`.length);
  // The engine forgets what has ended; the store does not.
  if ((await releaseDocument(ports, { model: body.model, release }, 'release.json')) !== undefined)
    return { releaseId: id, started: false };
  const input: ReleaseInput = {
    model: body.model,
    repository,
    commit: source.commit,
    order: source.order,
    trigger: {
      kind: body.trigger,
      by: identity.name,
      at: ports.now(),
      ...(body.reason === undefined ? {} : { reason: body.reason }),
    },
    params: body.params,
    ...(rerun === undefined ? {} : { rerun }),
  };
  if (body.trigger === 'hotfix') await declareHotfix(ports, id, input.trigger);
  const { started } = await ports.workflows.startOnce({
    workflowType: 'release',
    workflowId: id,
    input,
    summary: `Release of ${body.model} ${source.commit.slice(0, 12)}: ${source.subject.slice(0, 80)}`,
    details: releaseDetails(input),
    searchAttributes: { SlipwayModel: body.model, SlipwayCommit: source.commit, SlipwayStage: 'integrate' },
  });
  return { releaseId: id, started };
};

/** A slipway.yaml that cannot be read is for its release to tell. */
const refuseUnreadAt = async (
  { source }: ServerPorts,
  repository: string,
  commit: string,
  { params, trigger }: Pick<StartBody, 'params' | 'trigger'>,
): Promise<void> => {
  if (Object.keys(params).length === 0 && trigger !== 'hotfix') return;
  await inCheckout(source, repository, commit, async (directory) => {
    const read = readFrom(directory);
    const parsed = parseSpec(read('slipway.yaml') ?? '', 'slipway.yaml', read);
    if (!parsed.ok) return;
    refuseUnread(parsed.spec.build, params);
    if (trigger === 'hotfix' && !takesHotfixes(parsed.spec.environments))
      throw new SlipwayError(
        'hotfix_unavailable',
        `no environment of slipway.yaml at ${commit.slice(0, 12)} has hotfix`,
      );
  });
};

/** A retrain, or a build with other parameters, is another release of the same commit: derived, so that asking twice is asking once. */
const rerunOf = ({ trigger, reason, params }: StartBody): string | undefined => {
  if (trigger === 'manual' && Object.keys(params).length === 0) return undefined;
  return createHash('sha256').update(canonicalJson({ trigger, reason, params })).digest('hex').slice(0, 12);
};
