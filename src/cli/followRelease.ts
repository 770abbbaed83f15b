import { outcomeExitCode } from '../domain/release/outcomeExitCode.js';
import type { Comment } from '../domain/release/comment.js';
import type { ReleaseView, StageView, WaitingView } from '../domain/release/types.js';
import type { ApiClient } from './apiClient.js';
import { followChanges } from './changes.js';
import { commentLine } from './comments.js';
import { duration, when, type Output } from './output.js';
import { labelsIn, named } from './peopleNamed.js';
import { renderRelease, type ShownRelease } from './renderRelease.js';

type Told = Pick<ReleaseView, 'releaseId' | 'stages'> & {
  readonly waiting?: WaitingView;
  readonly comments?: readonly Comment[];
};

/** A line for whatever changes in a release, and the whole of it once it has ended; the answer is its exit code. */
export const followRelease = async (out: Output, api: ApiClient, name: string): Promise<number> => {
  const said = new Set<string>();
  const silence = (code: string): void => out.progress(`no answer (${code}), trying again`);
  for await (const { event, data } of followChanges(api, `/api/v1/releases/${name}/events`, silence)) {
    const told = event === 'reset' ? (data as { readonly releases: readonly Told[] }).releases : stateIn(event, data);
    for (const line of told.flatMap(linesOf)) {
      if (said.has(line)) continue;
      said.add(line);
      if (out.json) out.note(line);
      else out.raw(`${line}\n`);
    }
  }
  const view = await api.get<ShownRelease>(`/api/v1/releases/${name}`);
  const labels = await labelsIn(api, view);
  out.result(view, (shown) => renderRelease(named(shown, labels)));
  return view.outcome === undefined ? 0 : outcomeExitCode(view.outcome, view.blockedBy);
};

const stateIn = (event: string, data: unknown): readonly Told[] =>
  event === 'release' ? [(data as { readonly state: Told }).state] : [];

/** What there is to say of a release: each stage as it is now, what it waits for, and what people say of it. */
const linesOf = ({ stages, waiting, comments = [] }: Told): readonly string[] => [
  ...stages.filter(({ status }) => status !== 'pending').map(lineOf),
  ...(waiting === undefined
    ? []
    : [
        `${when(waiting.since)}  waits for ${waiting.quorum} of ${waiting.roles.join(', ')} to enter ${waiting.environment}, until ${when(waiting.expireAt)}`,
      ]),
  ...comments.map(commentLine),
];

const lineOf = ({ name, environment, status, startedAt, endedAt, reason }: StageView): string => {
  const took = startedAt === undefined || endedAt === undefined ? '' : ` in ${duration(endedAt - startedAt)}`;
  const where = environment === undefined ? '' : ` in ${environment}`;
  const why = reason === undefined ? '' : `: ${reason.split('\n')[0] ?? ''}`;
  return `${when(endedAt ?? startedAt)}  ${name}${where} ${status}${took}${why}`;
};
