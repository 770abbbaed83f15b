/**
 * Is the `Host` of a request a name of ours? A web page whose own name was made to point at this machine (DNS rebinding)
 * still sends that name. An IP address in its place cannot be rebound, and no browser leaves the header out.
 *
 * @param names host names besides loopback's, of any case
 * @example isOwnHost('serving.example.com:7703', ['serving.example.com']) // true
 */
export const isOwnHost = (host: string | undefined, names: readonly string[]): boolean => {
  if (host === undefined) return true;
  const [, bracketed, plain = ''] = /^(?:(\[[0-9a-f:.]+\])|([^:[\]]+))(?::\d*)?$/i.exec(host) ?? [];
  if (bracketed !== undefined) return true;
  const name = normal(plain);
  if (name === '') return false;
  return isIpv4(name) || name === 'localhost' || names.some((own) => normal(own) === name);
};

const isIpv4 = (name: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) && name.split('.').every((part) => Number(part) <= 255);

const normal = (name: string): string => name.toLowerCase().replace(/\.$/, '');
