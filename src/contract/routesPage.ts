import type { Access, Role, RouteShape } from './http/route.js';
import { ROUTES } from './http/routes.js';

const ROLES: readonly Role[] = ['author', 'reviewer', 'oncall', 'operator'];

/** docs/routes.md: who may call what, from the table that the server itself asks. */
export const routesPage = (): string => {
  const rows = Object.entries<RouteShape>(ROUTES).map(([name, route]) =>
    [
      `\`${route.method} ${route.url}\``,
      name,
      ...ROLES.map((role) => mark(allows(route.access, role))),
      mark(route.access === 'any' || route.access === 'public'),
      mark(route.access === 'public'),
    ].join(' | '),
  );
  return [
    '# Routes',
    '',
    'Generated from `src/contract/http/`. Who may call which route; `test/server/access.test.ts` asks each with every role. What a',
    'decision needs beyond the route, [approvals](approvals.md) says: `decide` is open to everybody with a token, and counts',
    'only from those who may decide on that release.',
    '',
    `Route | Name | ${ROLES.join(' | ')} | other identities | without a token`,
    `--- | --- | ${ROLES.map(() => '---').join(' | ')} | --- | ---`,
    ...rows,
    '',
  ].join('\n');
};

const allows = (access: Access, role: Role): boolean =>
  access === 'public' || access === 'any' || access.includes(role);

const mark = (may: boolean): string => (may ? 'yes' : '');
