import {
  answersOnRecord,
  ANSWERED,
  AS_STEERING,
  ROLES_OF_ANSWER,
  type GivenAnswer,
} from '../domain/bake/bakeAnswer.js';
import { decideAnswer } from '../domain/bake/decideAnswer.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BakeAskedView } from '../domain/release/types.js';
import { maySteer } from '../domain/rollout/maySteer.js';
import { bakeAnsweredSignal } from '../../workflows/messages.js';
import { provenRelease, type ProvenRelease } from './bypass.js';
import type { ServerPorts } from './ports.js';
import { readRelease, releaseIdOf, type ReleaseParams } from './releaseState.js';

export interface Answered {
  /** False: they had said so before. */
  readonly changed: boolean;
  readonly asked: BakeAskedView;
}

/**
 * Says what becomes of a provisional release: judged, written down, and only then sent. What the release does rests on what is
 * written down, and an answer that was lost on its way is sent again by whoever repeats it.
 */
export const answerBake = async (
  ports: ServerPorts,
  params: ReleaseParams,
  answer: Omit<GivenAnswer, 'at'>,
): Promise<Answered> => {
  const releaseId = releaseIdOf(params);
  const shown = await readRelease(ports, params);
  if (shown.artifactDigest === undefined)
    throw new SlipwayError('bake_not_waiting', `${releaseId} has no artifact yet`);
  const early = decideAnswer(answer, shown, []);
  if (early.kind === 'refused') throw new SlipwayError(early.code, `${releaseId}: ${early.reason}`);
  const release = await provenRelease(ports, params);
  // Of the same look as everything that is judged: between two, a release may have come to its next environment.
  const { bakeAsked, artifactDigest } = release.view;
  const environment = bakeAsked?.environment ?? '';
  const said = answersOnRecord(release.entries, { environment, artifactDigest });
  const decided = decideAnswer(answer, release.view, said);
  if (decided.kind === 'refused') throw new SlipwayError(decided.code, `${releaseId}: ${decided.reason}`);
  await assertMay(ports, release, answer, environment);
  if (decided.kind === 'say') {
    const { kind, by, reason } = answer;
    const at = ports.now();
    const body = { environment, artifactDigest, by, reason, at };
    await ports.ledger.append(releaseId, decided.entryId, ANSWERED[kind], at, body);
    await ports.ledger.checkpoint([releaseId]);
  }
  await ports.workflows.signal(releaseId, bakeAnsweredSignal.name, {});
  return { changed: decided.kind === 'say', asked: decided.asked };
};

const assertMay = async (
  ports: ServerPorts,
  { view, authorship }: ProvenRelease,
  { kind, by }: Omit<GivenAnswer, 'at'>,
  environment: string,
): Promise<void> => {
  const standing = maySteer({
    ...{ word: AS_STEERING[kind], name: by, roles: ROLES_OF_ANSWER[kind], authorship },
    place: { model: view.model, environment },
    identities: await ports.directory.identities(),
  });
  if (!standing.ok) throw new SlipwayError(standing.code, standing.reason);
};
