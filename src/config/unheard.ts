import { rolesAnywhere } from '../domain/identity/roles.js';
import type { Holder } from '../domain/identity/types.js';
import type { OperatorFile } from './schema.js';

/** They open routes of the API; nobody is alerted or asked by these names unless slipway.yaml says so. */
const SILENT = ['author', 'operator'];

/**
 * Roles that owners and approvers are named by, and that no notification reaches: there is no channel of their name,
 * nor a default one.
 */
export const rolesUnheard = ({
  identities,
  channels,
  defaultChannel,
}: Pick<OperatorFile, 'channels' | 'defaultChannel'> & {
  readonly identities: readonly Holder[];
}): readonly string[] => {
  if (defaultChannel !== undefined) return [];
  const heard = new Set(channels.map(({ name }) => name));
  return [...new Set(identities.flatMap(rolesAnywhere))].filter((role) => !heard.has(role) && !SILENT.includes(role));
};
