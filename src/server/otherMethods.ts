import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouteShape } from '../contract/http/route.js';
import { ROUTES } from '../contract/http/routes.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { sendProblem } from './problems.js';

const PATTERNS = Object.values<RouteShape>(ROUTES).map(({ method, url }) => ({
  method,
  matches: new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** What is at a path, of methods; empty: nothing. */
const methodsAt = (path: string): readonly string[] => {
  const found = PATTERNS.filter(({ matches }) => matches.test(path)).map(({ method }) => method);
  if (found.length === 0) return [];
  return [...new Set(found.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))), 'OPTIONS'].sort();
};

/** The answer where no route is: which methods the path has (RFC 9110, 9.3.7 and 15.5.6), or that it is none. */
export const answerOtherMethod = (request: FastifyRequest, reply: FastifyReply): void => {
  const path = request.url.split('?')[0]?.slice(0, 2000) ?? '';
  const methods = methodsAt(path);
  const said = `${request.method} ${path.slice(0, 200)}`;
  if (methods.length === 0)
    return sendProblem(new SlipwayError('route_unknown', `there is no ${said}`), request, reply);
  void reply.header('allow', methods.join(', '));
  if (request.method === 'OPTIONS') return void reply.code(204).send();
  sendProblem(
    new SlipwayError('method_not_allowed', `there is no ${said}, but ${methods.join(', ')}`, { allow: methods }),
    request,
    reply,
  );
};
