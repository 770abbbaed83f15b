import { createHash, randomUUID } from 'node:crypto';
import type { ROUTES } from '../../contract/http/routes.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { personOf } from '../../domain/identity/person.js';
import { commentId, roomFor, type Comment } from '../../domain/release/comment.js';
import { commentedSignal, type CommentedMessage } from '../../../workflows/messages.js';
import type { Call, Handlers } from '../call.js';
import { commentIds, commentKey, readComment, readComments } from '../comments.js';
import { orAbsent } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, releaseIdOf } from '../releaseState.js';

export const commentHandlers = (ports: ServerPorts): Pick<Handlers, 'listComments' | 'addComment'> => ({
  listComments: async ({ params, query: { limit, cursor } }) => {
    await readRelease(ports, params);
    const ids = (await commentIds(ports, params)).filter((id) => cursor === undefined || id > cursor);
    const shown = ids.slice(0, limit);
    const last = shown.at(-1);
    return {
      body: {
        comments: await readComments(ports, params, shown),
        ...(last === undefined || ids.length === shown.length ? {} : { cursor: last }),
      },
    };
  },
  addComment: async (call) => ({ status: 201, body: { comment: await addComment(ports, call) } }),
});

/** Who says what of which release. */
type Saying = Pick<Call<typeof ROUTES.addComment>, 'params' | 'body' | 'identity' | 'idempotencyKey'>;

/** Keeps it, and has the release told; by whatever door it came. */
export const addComment = async (ports: ServerPorts, saying: Saying): Promise<Comment> => {
  await readRelease(ports, saying.params);
  const comment = await keep(ports, saying);
  await tell(ports, releaseIdOf(saying.params), comment);
  return comment;
};

/** Under a key of our own making, behind those that there are; what somebody else was faster with is never replaced. */
const keep = async (ports: ServerPorts, { params, body, identity, idempotencyKey }: Saying): Promise<Comment> => {
  const person = markOf([personOf(identity)], 12);
  const mark = markOf([idempotencyKey ?? randomUUID(), identity.name, params], 16);
  const ids = await commentIds(ports, params);
  const before = ids.find((id) => id.endsWith(`-${mark}`));
  const earlier = before === undefined ? undefined : await readComment(ports, params, before);
  if (earlier !== undefined) return earlier;
  const room = roomFor(ids, person);
  if (room.kind === 'full') throw new SlipwayError('comments_full', `${releaseIdOf(params)} has ${room.most} comments`);
  if (room.kind === 'own_full')
    throw new SlipwayError(
      'comments_own_full',
      `${room.most} comments on ${releaseIdOf(params)} are of ${identity.name}`,
    );
  const comment: Comment = { id: commentId(room.place, person, mark), ...body, by: identity.name, at: ports.now() };
  const bytes = new TextEncoder().encode(JSON.stringify(comment));
  await ports.store.createDocument(commentKey(params, comment.id), bytes);
  return comment;
};

const markOf = (what: readonly unknown[], length: number): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, length);

/** The release has those told whom it concerns. The comment is kept whether it runs or not, and whoever looks finds it. */
const tell = async ({ workflows }: ServerPorts, releaseId: string, { id, kind, by }: Comment): Promise<void> => {
  const message: CommentedMessage = { comment: id, kind, by };
  await orAbsent(workflows.signal(releaseId, commentedSignal.name, message)).catch(() => undefined);
};
