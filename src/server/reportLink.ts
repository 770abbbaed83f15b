import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ROUTES } from '../contract/http/routes.js';
import type { RouteShape } from '../contract/http/route.js';
import type { ServerPorts } from './ports.js';

type Parts = Pick<ServerPorts, 'links' | 'now'>;

/** Long enough to read a report and to decide; a link that went astray is worth nothing by tomorrow. */
const OPEN_FOR_MS = 3_600_000;

const LINKED: readonly RegExp[] = (Object.values(ROUTES) as RouteShape[])
  .filter(({ linked }) => linked === true)
  .map(({ url }) => new RegExp(`^${url.replaceAll(/\{\w+\}/g, '[a-z0-9.:-]{1,200}')}$`));

/** A link to a report that opens without a token; `request_invalid` for anything that is no report. */
export const linkTo = ({ links, now }: Parts, path: string): { readonly path: string; readonly until: number } => {
  if (!LINKED.some((route) => route.test(path)))
    throw new SlipwayError('request_invalid', `to: ${path.slice(0, 200)} is no report`);
  const until = now() + OPEN_FOR_MS;
  return { path: `${path}?until=${until}&sig=${links.sign(path, until)}`, until };
};

/** Does this address open the report by itself? `unauthenticated`, with what to do, where its time is over. */
export const opensByItself = ({ links, now }: Parts, url: string): boolean => {
  const [path = '', query = ''] = url.split('?', 2);
  const given = new URLSearchParams(query);
  const [until, signature] = [Number(given.get('until')), given.get('sig')];
  if (signature === null || !links.holds(path, until, signature)) return false;
  if (until < now()) throw new SlipwayError('unauthenticated', 'this link has expired');
  return true;
};
