import type { DeploymentRequest, EnvironmentState } from './types.js';

/** The champion's release waits for labels: it wants to hear when another version takes its place. */
export const withBaking = (state: EnvironmentState, request: DeploymentRequest): EnvironmentState => {
  // The same version once more takes nobody's place.
  if (request.restore !== undefined) return state;
  const { baking: _, ...rest } = state;
  return request.bakes === true ? { ...rest, baking: request.version.releaseId } : rest;
};
