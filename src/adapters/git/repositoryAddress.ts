import { realpath } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** An address that may be fetched from. */
export type RepositoryAddress =
  { readonly kind: 'https' | 'ssh'; readonly url: string } | { readonly kind: 'local'; readonly path: string };

/**
 * Allows https, ssh, and folders below the operator's source roots; everything else is `repository_refused`. Git would
 * also take `ext::sh -c …` and options where an address is expected, and run what they say.
 */
export const parseAddress = async (url: string, sourceRoots: readonly string[]): Promise<RepositoryAddress> => {
  if (url === '' || url.startsWith('-')) throw refused(url, 'an address never begins with a dash');

  if (/[\u0000-\u001f\u007f\s]/.test(url)) throw refused(url, 'an address has no spaces or control characters');
  if (/^[A-Za-z0-9+.-]*::/.test(url)) throw refused(url, 'remote helpers are not allowed');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'file') return localAddress(url, filePath(url), sourceRoots);
  if (scheme !== undefined) return remoteAddress(url, scheme);
  if (isAbsolute(url)) return localAddress(url, url, sourceRoots);
  // user@host:path, the short form of ssh
  if (/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)[^:]+$/.test(url)) return { kind: 'ssh', url };
  throw refused(url, 'it is neither https, nor ssh, nor an absolute path');
};

const remoteAddress = (url: string, scheme: string): RepositoryAddress => {
  if (scheme !== 'https' && scheme !== 'ssh') throw refused(url, `${scheme} is not allowed`);
  if (!URL.canParse(url)) throw refused(url, 'it cannot be read');
  const { hostname, username, password } = new URL(url);
  if (!/^[A-Za-z0-9[]/.test(hostname)) throw refused(url, 'its host is not a name');
  if (decodeURIComponent(username).startsWith('-')) throw refused(url, 'its user begins with a dash');
  if (password !== '') throw refused(`${scheme}://${hostname}/…`, 'a password does not belong into an address');
  return { kind: scheme, url };
};

const localAddress = async (url: string, path: string, sourceRoots: readonly string[]): Promise<RepositoryAddress> => {
  const real = await realpath(path).catch(() => undefined);
  const roots = await Promise.all(sourceRoots.map((root) => realpath(root).catch(() => resolve(root))));
  const below = (candidate: string): boolean =>
    roots.some((root) => candidate === root || candidate.startsWith(root + sep));
  if (!below(real ?? resolve(path))) throw refused(url, 'a folder of this machine must be below one of sourceRoots');
  if (real === undefined) throw new SlipwayError('repository_unreachable', `there is no repository at ${url}`, { url });
  return { kind: 'local', path: real };
};

const filePath = (url: string): string => {
  try {
    return fileURLToPath(url);
  } catch {
    throw refused(url, 'it cannot be read');
  }
};

const refused = (url: string, why: string): SlipwayError =>
  new SlipwayError('repository_refused', `the address ${JSON.stringify(url.slice(0, 200))} is refused: ${why}`);
