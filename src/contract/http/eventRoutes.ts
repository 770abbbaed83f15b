/** Routes that tell changes as they come, as server-sent events. */
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { text } from './answers.js';
import type { RouteShape } from './route.js';
import { releaseParams } from './shapes.js';

const EVENTS =
  'Events `release`, `environment` and `approval` {name, state}, each the whole state of one thing, null where it is no more; first, and after a gap too large, `reset` {releases, environments, approvals} with all of them. A release has its newest 20 comments. `Last-Event-ID` resumes.';

export const EVENT_ROUTES = {
  events: {
    method: 'GET',
    url: '/api/v1/events',
    access: 'any',
    summary: 'What changes in releases, environments and approvals',
    query: mapping({ model: name.exactOptional() }),
    stream: true,
    answers: { 200: text(EVENTS, 'text/event-stream') },
  },
  releaseEvents: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/events',
    access: 'any',
    summary: 'What changes in one release, until it has ended',
    params: releaseParams,
    stream: true,
    answers: {
      200: text(`${EVENTS} The last event is \`end\` {outcome}, with the id \`end\`.`, 'text/event-stream'),
      204: text('After the id `end`: nothing comes any more.'),
    },
  },
} as const satisfies Record<string, RouteShape>;
