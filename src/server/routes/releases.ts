import { createHash } from 'node:crypto';
import { parseSpec } from '../../contract/spec/parseSpec.js';
import { refuseUnread } from '../../contract/spec/unreadParams.js';
import { canonicalJson } from '../../domain/canonical.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { releaseDetails } from '../../domain/release/releaseDetails.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { CanaryProgress } from '../../domain/rollout/canaryProgress.js';
import type { Identity } from '../../ports/directory.js';
import { releaseId, type ReleaseInput } from '../../../workflows/messages.js';
import type { Call, Handlers } from '../call.js';
import { canaryOf } from '../canary.js';
import { readEnvironment } from '../environmentStatus.js';
import { PAGE_HEADERS } from '../headers.js';
import { inCheckout, readFrom } from '../inCheckout.js';
import { knownModel } from '../known.js';
import { listReleases } from '../listReleases.js';
import type { ServerPorts } from '../ports.js';
import { releaseChecks } from '../releaseChecks.js';
import { readRelease, releaseDocument, releaseIdOf } from '../releaseState.js';
import { waitingRollout } from '../waitingRollout.js';
import type { ROUTES } from '../../contract/http/routes.js';

type Mine = 'startRelease' | 'listReleases' | 'showRelease' | 'releaseEvidence' | 'releaseReport' | 'cancelRelease';

export const releaseHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  startRelease: async ({ body, identity }) => ({ status: 202, body: await startRelease(ports, body, identity) }),
  listReleases: async ({ query }) => ({ body: await listReleases(ports, query) }),
  showRelease: async ({ params }) => {
    const view = await readRelease(ports, params);
    const [canary, rollout, checks] = await Promise.all([
      canaryOfRelease(ports, view),
      waitingRollout(ports, view),
      releaseChecks(ports, view),
    ]);
    return {
      body: {
        ...view,
        ...(canary === undefined ? {} : { canary }),
        ...(rollout === undefined ? {} : { rollout }),
        ...(checks === undefined ? {} : { checks }),
      },
    };
  },
  releaseEvidence: async ({ params }) => {
    const body = await documentOf(ports, params, 'evidence.json');
    return { body: new TextDecoder().decode(body), type: 'application/json; charset=utf-8' };
  },
  releaseReport: async ({ params }) => {
    const body = await documentOf(ports, params, 'report.html');
    return { body: new TextDecoder().decode(body), type: 'text/html; charset=utf-8', headers: PAGE_HEADERS };
  },
  cancelRelease: async ({ params }) => {
    const id = releaseIdOf(params);
    const { outcome } = await readRelease(ports, params);
    if (outcome === undefined) await ports.workflows.cancel(id);
    return { status: 202, body: { releaseId: id, ...(outcome === undefined ? {} : { outcome }) } };
  },
});

/** How far the canary is that this release waits for. */
const canaryOfRelease = async (ports: ServerPorts, view: ReleaseView): Promise<CanaryProgress | undefined> => {
  const deploying = view.stages.find(({ name, status }) => name === 'deploy' && status === 'running')?.environment;
  if (view.outcome !== undefined || deploying === undefined) return undefined;
  const state = await readEnvironment(ports, view.model, deploying);
  return state?.active?.request.version.releaseId === view.releaseId ? canaryOf(ports, state) : undefined;
};

type StartBody = Call<typeof ROUTES.startRelease>['body'];

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
  await refuseUnreadAt(ports, repository, source.commit, body.params);
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
  params: StartBody['params'],
): Promise<void> => {
  if (Object.keys(params).length === 0) return;
  await inCheckout(source, repository, commit, async (directory) => {
    const read = readFrom(directory);
    const parsed = parseSpec(read('slipway.yaml') ?? '', 'slipway.yaml', read);
    if (parsed.ok) refuseUnread(parsed.spec.build, params);
  });
};

/** A retrain, or a build with other parameters, is another release of the same commit: derived, so that asking twice is asking once. */
const rerunOf = ({ trigger, reason, params }: StartBody): string | undefined => {
  if (trigger === 'manual' && Object.keys(params).length === 0) return undefined;
  return createHash('sha256').update(canonicalJson({ trigger, reason, params })).digest('hex').slice(0, 12);
};

const documentOf = async (
  ports: ServerPorts,
  params: { readonly model: string; readonly release: string },
  name: string,
): Promise<Uint8Array> => {
  const body = await releaseDocument(ports, params, name);
  if (body === undefined) throw new SlipwayError('not_found', `${releaseIdOf(params)} has no ${name} yet`);
  return body;
};
