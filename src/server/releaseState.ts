import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ReleaseView } from '../domain/release/types.js';
import { releaseStateQuery } from '../../workflows/messages.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';

export interface ReleaseParams {
  readonly model: string;
  /** `<commit>[.<n>]` */
  readonly release: string;
}

export const releaseIdOf = ({ model, release }: ReleaseParams): string => `release/${model}/${release}`;

/** A document of a release in the store; undefined when it is not there (yet). */
export const releaseDocument = (
  ports: ServerPorts,
  { model, release }: ReleaseParams,
  name: string,
): Promise<Uint8Array | undefined> => ports.store.getDocument(`releases/${model}/${release}/${name}`);

/**
 * The state of a release: from the store when it has ended (also after the engine has forgotten it), else asked of
 * its workflow. `not_found` when neither knows it. A document waits for nothing: whoever can write to the store could
 * have people decide on what it says.
 */
export const readRelease = async (ports: ServerPorts, params: ReleaseParams): Promise<ReleaseView> => {
  const stored = await releaseDocument(ports, params, 'release.json');
  if (stored !== undefined) {
    const { waiting: _, ...ended } = JSON.parse(new TextDecoder().decode(stored)) as ReleaseView;
    return ended;
  }
  const releaseId = releaseIdOf(params);
  const asked = await orAbsent(ports.workflows.query<ReleaseView>(releaseId, releaseStateQuery.name));
  if (asked === undefined) throw new SlipwayError('not_found', `there is no ${releaseId}`, { releaseId });
  return asked;
};
