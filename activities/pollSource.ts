import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { ownersOf } from '../src/domain/release/emails.js';
import { releaseDetails } from '../src/domain/release/releaseDetails.js';
import { isSameProblem, type SourceSeen } from '../src/domain/release/sourceSeen.js';
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

const SPEC = 'slipway.yaml';

/**
 * Looks at the head of a model's branch; a new one starts its release. The pointer moves only after the start is
 * durable, and starting twice is one start, so that a crash in between neither loses nor repeats a release. What is
 * found is written only where it has changed, also that the repository cannot be read.
 */
export const createPollSource =
  (ports: Ports) =>
  async ({ model }: PollSourceInput): Promise<PollOutcome> => {
    const settings = ports.settings.models[model];
    if (settings === undefined) throw new SlipwayError('unknown_model', `no model ${model} is configured`);
    const key = `pointers/source/${model}.json`;
    const keep = (next: SourceSeen) => ports.store.putDocument(key, encodeJson(next), 'application/json');
    const seen = (await readDocument<SourceSeen>(ports.store, key)) ?? {};
    const head = await ports.source.head(settings.repository).catch((error: unknown) => keepProblem(seen, error, keep));
    const releaseId = `release/${model}/${head.commit}`;
    const { problem, ...before } = seen;
    if ([seen.commit, seen.skipped].includes(head.commit)) {
      if (problem !== undefined) await keep(before);
      return { commit: head.commit, releaseId, started: false };
    }
    // Who has just begun has not written it yet; later, a commit without it is a mistake that its release tells.
    if (seen.commit === undefined && !(await ports.source.has(settings.repository, head.commit, SPEC))) {
      await keep({ skipped: head.commit });
      return { commit: head.commit, releaseId, started: false };
    }

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
    await keep({ commit: head.commit, order: head.order, releaseId });
    return { commit: head.commit, releaseId, started };
  };

/** For `status` and `doctor`. A store that does not take it has a voice of its own. */
const keepProblem = async (
  seen: SourceSeen,
  error: unknown,
  keep: (next: SourceSeen) => Promise<unknown>,
): Promise<never> => {
  if (error instanceof SlipwayError && !isSameProblem(seen.problem, error)) {
    const { code, message } = error;
    await keep({ ...seen, problem: { code, message, since: Date.now() } }).catch(() => undefined);
  }
  throw error;
};

/** The identity that the commit's e-mail address belongs to, else the address itself: nobody known. */
const authorOf = async (ports: Ports, { authorEmail }: CommitInfo): Promise<string> => {
  return ownersOf(await ports.directory.identities())(authorEmail) ?? authorEmail;
};
