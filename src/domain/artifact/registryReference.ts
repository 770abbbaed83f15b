/** `host[:port]/repository[:tag][@digest]`, as OCI registries name what they keep. */
export interface RegistryReference {
  readonly host: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
}

const HOST = /^(?:localhost|\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/;
/** Of the distribution specification. */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Undefined where the text is none: the host has a dot, a port, or is `localhost`, as in other tools. */
export const parseReference = (text: string): RegistryReference | undefined => {
  const slash = text.indexOf('/');
  const host = text.slice(0, slash);
  if (slash < 0 || !HOST.test(host) || !(host === 'localhost' || /[.:]/.test(host))) return undefined;
  const [path = '', digest] = text.slice(slash + 1).split('@');
  const colon = path.lastIndexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? 'latest' : path.slice(colon + 1);
  const reference = digest ?? tag;
  if (!REPOSITORY.test(repository) || repository.length > 255 || !TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  return { host, repository, reference };
};
