import { CancellationScope, isCancellation, patched, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { MAX_COMMENTS, SAID_AT_ONCE, type CommentSaid } from '../../src/domain/release/comment.js';
import { concernedBy } from '../../src/domain/release/concerned.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { commentedSignal, type CarriedComments } from '../messages.js';
import { isCommented } from '../received.js';
import { control, delivery } from '../retry.js';

const { lookForComments } = proxyActivities<Activities>(control);
const { notify } = proxyActivities<Activities>(delivery);

/** After a look that found nothing, which doubles it: made-up messages cost little, and what was said is told in an hour at most. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

export interface CommentNotices {
  carry(): CarriedComments;
}

/**
 * Has those told whom a comment concerns: that it is there, and where. Anybody may send the signal, so it says no more
 * than that there may be something new; what was said, and by whom, an activity reads in the store.
 */
export const openCommentNotices = (
  view: () => ReleaseView,
  note: (change: Pick<ReleaseView, 'lastComment'>) => void,
  carried: CarriedComments | undefined,
  startedAt: number,
): CommentNotices => {
  /** A release that is told on has those told of nothing that was said in the telling before. */
  const since = carried?.since ?? startedAt;
  const known = new Set<string>();
  const telling = new CancellationScope();
  let due = false;
  let looking = false;
  let pauseMs = 0;

  const tell = ({ id, kind, by }: CommentSaid): void => {
    const { releaseId, model } = view();
    known.add(id);
    note({ lastComment: id });
    for (const to of concernedBy({ kind, by }, view()))
      telling
        .run(() =>
          notify.executeWithOptions({ summary: `tell ${to}: ${NOTICES[kind].kind}` }, [
            {
              id: `${releaseId}/comment/${id}/${to}`,
              kind: NOTICES[kind].kind,
              to,
              subject: `${NOTICES[kind].words} ${model}`,
              body: `Run: slipway release show ${releaseId}`,
              data: { releaseId, comment: id },
            },
          ]),
        )
        // Whoever looks at the release finds it.
        .catch(() => undefined);
  };

  const look = async (): Promise<void> => {
    if (pauseMs > 0) await sleep(pauseMs, { summary: 'before the next look for comments' });
    due = false;
    const { releaseId, lastComment: after } = view();
    const found = await lookForComments.executeWithOptions({ summary: 'what was said of it?' }, [
      { releaseId, ...(after === undefined ? {} : { after }) },
    ]);
    const said = found
      .filter(({ id, at }) => at >= since && !known.has(id))
      .slice(0, Math.max(0, MAX_COMMENTS - known.size));
    pauseMs = said.length > 0 ? 0 : Math.min(Math.max(2 * pauseMs, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    if (view().outcome === undefined) said.forEach(tell);
    if (said.length >= SAID_AT_ONCE) due = true;
  };

  const goOnLooking = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      while (due && view().outcome === undefined) await look();
    } catch (error) {
      // The next message has it look again; what was said is in the store.
      if (isCancellation(error)) due = false;
    } finally {
      looking = false;
    }
  };
  const heard = (): void => {
    due = true;
    void telling.run(goOnLooking);
  };

  setHandler(
    commentedSignal,
    (message) => {
      if (!isCommented(message) || view().outcome !== undefined) return;
      if (patched('comments-looked-up')) heard();
      // Releases from before this believed the message.
      else if (!known.has(message.comment) && known.size < MAX_COMMENTS)
        tell({ ...message, id: message.comment, at: 0 });
    },
    {
      description:
        'Somebody commented in the API: the release looks for what was said, and has those told whom it concerns',
    },
  );
  if (carried?.due === true && patched('comments-due')) heard();
  return { carry: () => ({ since, due: due || looking }) };
};

const NOTICES = {
  question: { kind: 'question_asked', words: 'somebody has a question about your release of' },
  comment: { kind: 'comment_added', words: 'there is a comment on the release that waits for you, of' },
} as const;
