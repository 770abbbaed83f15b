/** Every route of the API, with who may call it: the one place, for the server, the command line and OpenAPI. */
import { BUILD_ROUTES } from './buildRoutes.js';
import { DECISION_ROUTES } from './decisionRoutes.js';
import { ENVIRONMENT_ROUTES } from './environmentRoutes.js';
import { INCIDENT_ROUTES } from './incidentRoutes.js';
import { RECOVERY_ROUTES } from './recoveryRoutes.js';
import { RELEASE_ROUTES } from './releaseRoutes.js';
import { SERVICE_ROUTES } from './serviceRoutes.js';
import type { RouteShape } from './route.js';

export const ROUTES = {
  ...SERVICE_ROUTES,
  ...RELEASE_ROUTES,
  ...DECISION_ROUTES,
  ...ENVIRONMENT_ROUTES,
  ...INCIDENT_ROUTES,
  ...BUILD_ROUTES,
  ...RECOVERY_ROUTES,
} as const satisfies Record<string, RouteShape>;

export type RouteName = keyof typeof ROUTES;
