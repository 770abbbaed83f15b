/**
 * `kept`: an installation needs it to be the same one again. `private`: so too, and whoever has it can speak as the
 * installation. `left`: it can be made again, or is nobody's business but this machine's.
 */
export type HomeFileKind = 'kept' | 'private' | 'left';

const NAME = '[a-z0-9][a-z0-9-]{0,62}';

/** Configuration, digests of tokens, public keys, and what each serving node was told last. */
const KEPT = new RegExp(
  `^(slipway\\.config\\.yaml|tokens\\.json|ports\\.json|keys/public\\.json|keys/model-signing\\.pem|keys/public/decision\\.jwks|serving/${NAME}/state/${NAME}\\.json)$`,
);
const PRIVATE = /^keys\/(signer\/(builder|ledger|model)\.pem|decision\/private\.jwk)$/;

/** Everything below these is left: large, or gone with the process that made it. */
const LEFT_FOLDERS = /^(objects|work|run|logs|mirrors|credentials|serving\/[^/]+\/(artifacts|sockets))$/;

/**
 * What a file of a home is to a backup, by its path below the home. Tokens, credentials of the store and the key of links are
 * left: they are made anew, and a copy of them is one more to lose.
 */
export const homeFileKind = (path: string): HomeFileKind =>
  KEPT.test(path) ? 'kept' : PRIVATE.test(path) ? 'private' : 'left';

export const isLeftFolder = (path: string): boolean => LEFT_FOLDERS.test(path);

/** Without one of these a restored installation can be read and verified, and cannot sign as it did. */
export const PRIVATE_FILES = [
  'keys/signer/builder.pem',
  'keys/signer/ledger.pem',
  'keys/signer/model.pem',
  'keys/decision/private.jwk',
] as const;
