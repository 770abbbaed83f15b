import type { Registry } from 'prom-client';
import type { Handlers } from './call.js';
import type { ServerPorts } from './ports.js';
import { bakeHandlers } from './routes/bakes.js';
import { buildHandlers } from './routes/build.js';
import { commentHandlers } from './routes/comments.js';
import { decisionHandlers } from './routes/decisions.js';
import type { Feed } from './events/feed.js';
import { driftHandlers } from './routes/drift.js';
import { environmentHandlers } from './routes/environments.js';
import { eventHandlers } from './routes/events.js';
import { holdHandlers } from './routes/holds.js';
import { incidentHandlers } from './routes/incidents.js';
import { insightHandlers } from './routes/insights.js';
import { installationHandlers } from './routes/installation.js';
import { labelHandlers } from './routes/labels.js';
import { loginHandlers } from './routes/login.js';
import { logHandlers } from './routes/logs.js';
import { recoveryHandlers } from './routes/recovery.js';
import { releaseHandlers } from './routes/releases.js';
import { retirementHandlers } from './routes/retirement.js';
import { resumeHandlers } from './routes/resume.js';
import { rolloutHandlers } from './routes/rollouts.js';
import { slackHandlers } from './routes/slack.js';
import { statusHandlers } from './routes/status.js';

/** One handler per route of the contract; a missing one does not compile. */
export const createHandlers = (ports: ServerPorts, metrics: Registry, feed: Feed): Handlers => ({
  ...installationHandlers(ports, metrics),
  ...statusHandlers(ports),
  ...releaseHandlers(ports),
  ...bakeHandlers(ports),
  ...buildHandlers(ports),
  ...resumeHandlers(ports),
  ...logHandlers(ports),
  ...loginHandlers(ports),
  ...decisionHandlers(ports),
  ...commentHandlers(ports),
  ...environmentHandlers(ports),
  ...rolloutHandlers(ports),
  ...retirementHandlers(ports),
  ...holdHandlers(ports),
  ...labelHandlers(ports),
  ...driftHandlers(ports),
  ...incidentHandlers(ports),
  ...insightHandlers(ports),
  ...eventHandlers(ports, feed),
  ...recoveryHandlers(ports),
  ...slackHandlers(ports),
});
