import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { ownersOf } from '../src/domain/release/emails.js';
import { releaseDetails } from '../src/domain/release/releaseDetails.js';
import type { CommitInfo } from '../src/ports/sourceControl.js';
import { encodeJson, readDocument } from './documents.js';
import type { Ports } from './ports.js';

export interface PollSourceInput {
  readonly model: string;
}

export interface PollOutcome {
  readonly commit: string;
  readonly releaseId: string;
  /** False: this head was seen before, or its release runs or ran already. */
  readonly started: boolean;
}

/** Head of the branch that was seen last, at `pointers/source/<model>.json`. */
interface SourcePointer {
  readonly commit: string;
  readonly order: number;
  readonly releaseId: string;
}

/**
 * Looks at the head of a model's branch; a new one starts its release. The pointer moves only after the start is
 * durable, and starting twice is one start, so that a crash in between neither loses nor repeats a release.
 */
export const createPollSource =
  (ports: Ports) =>
  async ({ model }: PollSourceInput): Promise<PollOutcome> => {
    const settings = ports.settings.models[model];
    if (settings === undefined) throw new SlipwayError('unknown_model', `no model ${model} is configured`);
    const head = await ports.source.head(settings.repository);
    const releaseId = `release/${model}/${head.commit}`;
    const key = `pointers/source/${model}.json`;
    const seen = await readDocument<SourcePointer>(ports.store, key);
    if (seen?.commit === head.commit) return { commit: head.commit, releaseId, started: false };

    const input = {
      model,
      repository: settings.repository,
      commit: head.commit,
      order: head.order,
      trigger: {
        kind: 'commit' as const,
        by: await authorOf(ports, head),
        at: Date.now(),
        reason: head.subject.slice(0, 200),
      },
      params: {},
    };
    const { started } = await ports.workflows.startOnce({
      workflowType: 'release',
      workflowId: releaseId,
      input,
      summary: `Release of ${model} ${head.commit.slice(0, 12)}: ${head.subject.slice(0, 80)}`,
      details: releaseDetails(input),
      searchAttributes: { SlipwayModel: model, SlipwayCommit: head.commit, SlipwayStage: 'integrate' },
    });
    ports.failpoint('pollSource.started');
    const pointer: SourcePointer = { commit: head.commit, order: head.order, releaseId };
    await ports.store.putDocument(key, encodeJson(pointer), 'application/json');
    return { commit: head.commit, releaseId, started };
  };

/** The identity that the commit's e-mail address belongs to, else the address itself: nobody known. */
const authorOf = async (ports: Ports, { authorEmail }: CommitInfo): Promise<string> => {
  return ownersOf(await ports.directory.identities())(authorEmail) ?? authorEmail;
};
