/** Every route of the API, with who may call it: the one place, for the server, the command line and OpenAPI. */
import { BAKE_ROUTES } from './bakeRoutes.js';
import { BUILD_ROUTES } from './buildRoutes.js';
import { COMMENT_ROUTES } from './commentRoutes.js';
import { DECISION_ROUTES } from './decisionRoutes.js';
import { ENVIRONMENT_ROUTES } from './environmentRoutes.js';
import { EVENT_ROUTES } from './eventRoutes.js';
import { HOLD_ROUTES } from './holdRoutes.js';
import { INCIDENT_ROUTES } from './incidentRoutes.js';
import { LOGIN_ROUTES } from './loginRoutes.js';
import { RECOVERY_ROUTES } from './recoveryRoutes.js';
import { RETIREMENT_ROUTES } from './retirementRoutes.js';
import { RELEASE_ROUTES } from './releaseRoutes.js';
import { ROLLOUT_ROUTES } from './rolloutRoutes.js';
import { SERVICE_ROUTES } from './serviceRoutes.js';
import { SLACK_ROUTES } from './slackRoutes.js';
import type { RouteShape } from './route.js';

export const ROUTES = {
  ...SERVICE_ROUTES,
  ...RELEASE_ROUTES,
  ...BAKE_ROUTES,
  ...DECISION_ROUTES,
  ...COMMENT_ROUTES,
  ...ENVIRONMENT_ROUTES,
  ...ROLLOUT_ROUTES,
  ...RETIREMENT_ROUTES,
  ...INCIDENT_ROUTES,
  ...EVENT_ROUTES,
  ...HOLD_ROUTES,
  ...BUILD_ROUTES,
  ...RECOVERY_ROUTES,
  ...LOGIN_ROUTES,
  ...SLACK_ROUTES,
} as const satisfies Record<string, RouteShape>;

export type RouteName = keyof typeof ROUTES;
