import { releaseId, type ReleaseInput } from '../../../workflows/messages.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { changesSince } from '../../domain/release/changesSince.js';
import { releaseDetails } from '../../domain/release/releaseDetails.js';
import { refusalToResume, type Resumption } from '../../domain/release/resumePoint.js';
import { RESUME_ASKED } from '../../domain/release/resumeAsked.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { Handlers } from '../call.js';
import { knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, type ReleaseParams } from '../releaseState.js';
import { sourceState } from '../sourceState.js';

export const resumeHandlers = (ports: ServerPorts): Pick<Handlers, 'resumeRelease'> => ({
  resumeRelease: async ({ params, body, identity }) => ({
    status: 202,
    body: await resume(ports, params, { by: identity.name, anyway: body.anyway }),
  }),
});

/** The same release under the same ID, told on by a new run of its workflow: the store knows all that it needs. */
const resume = async (
  ports: ServerPorts,
  params: ReleaseParams,
  { by, anyway }: Required<Pick<Resumption, 'by' | 'anyway'>>,
): Promise<{
  readonly releaseId: string;
  readonly from: string;
  readonly number: number;
  readonly changed: readonly string[];
}> => {
  const { repository } = knownModel(ports, params.model);
  const view = await readRelease(ports, params);
  const refusal = refusalToResume(view);
  if (refusal !== undefined)
    throw new SlipwayError('not_resumable', `${view.releaseId} cannot be resumed: ${refusal}`, {
      outcome: view.outcome,
    });
  const changed = await changesOf(ports, repository, view);
  if (changed.length > 0 && !anyway) {
    throw new SlipwayError(
      'source_changed',
      `since ${view.commit.slice(0, 12)} the branch has changed: ${changed.join('; ')}`,
      { changed },
    );
  }
  const from = view.stages.find((stage) => stage.status === 'failed')?.name ?? 'integrate';
  const rerun = params.release.includes('.') ? params.release.slice(params.release.indexOf('.') + 1) : undefined;
  const number = (view.resumed ?? 0) + 1;
  const input: ReleaseInput = {
    model: view.model,
    repository,
    commit: view.commit,
    order: view.order,
    trigger: view.trigger,
    params: view.params,
    ...(rerun === undefined ? {} : { rerun }),
    resume: { number, view, by, anyway, changed },
  };
  const workflowId = releaseId(view.model, view.commit, rerun);
  // Before its workflow begins, which believes nobody else who resumes it.
  await ports.ledger.append(workflowId, `resume-asked.${number}/${by}`, RESUME_ASKED, ports.now(), { number, by });
  await ports.ledger.checkpoint([workflowId]);
  const { started } = await ports.workflows.startAgain({
    workflowType: 'release',
    workflowId,
    input,
    summary: `Release of ${view.model} ${view.commit.slice(0, 12)}, resumed at ${from}`,
    details: releaseDetails(input),
    searchAttributes: { SlipwayModel: view.model, SlipwayCommit: view.commit, SlipwayStage: from },
  });
  if (!started) throw new SlipwayError('not_resumable', `${view.releaseId} cannot be resumed: it is under way`);
  return { releaseId: view.releaseId, from, number, changed };
};

/** A newer commit on the branch: what of code, spec and data it has different. */
const changesOf = async (
  ports: ServerPorts,
  repository: string,
  { commit }: ReleaseView,
): Promise<readonly string[]> => {
  const head = await ports.source.head(repository);
  if (head.commit === commit) return [];
  const [before, now] = await Promise.all([
    sourceState(ports.source, repository, commit),
    sourceState(ports.source, repository, head.commit),
  ]);
  return changesSince(before, now);
};
