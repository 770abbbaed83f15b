import type { DecisionStatement } from '../domain/approval/types.js';
import type { ServerPorts } from './ports.js';

/** `exp` of a statement limits its delivery only. */
const DELIVERY_SECONDS = 15 * 60;

/** What everything that the API signs begins with: by whom it is said, with which roles, to whom, and until when it may arrive. */
export const issuedNow = (
  { now, settings }: Pick<ServerPorts, 'now' | 'settings'>,
  sub: string,
  roles: readonly string[],
): Pick<DecisionStatement, 'iss' | 'aud' | 'sub' | 'roles' | 'iat' | 'exp'> => {
  const iat = Math.floor(now() / 1000);
  return { iss: 'slipway', aud: settings.installation, sub, roles, iat, exp: iat + DELIVERY_SECONDS };
};
