import type { Registry } from 'prom-client';
import { openApi } from '../../contract/http/openapi.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { personOf } from '../../domain/identity/person.js';
import type { Handlers } from '../call.js';
import { PAGE_HEADERS } from '../headers.js';
import { welcomePage } from '../pages.js';
import { linkTo } from '../reportLink.js';
import type { ServerPorts } from '../ports.js';

type Mine = 'health' | 'ready' | 'metrics' | 'openapi' | 'whoami' | 'identities' | 'models' | 'welcome' | 'reportLink';

export const installationHandlers = (ports: ServerPorts, metrics: Registry): Pick<Handlers, Mine> => {
  const document = openApi();
  return {
    health: async () => ({ body: { status: 'ok' } }),
    ready: async () => {
      const [temporal, store] = await Promise.all([
        answer(ports.guard.check()),
        answer(ports.store.getDocument('pointers/engine.json')),
      ]);
      const ok = temporal === 'ok' && store === 'ok';
      return { status: ok ? 200 : 503, body: { status: ok ? 'ready' : 'unready', checks: { temporal, store } } };
    },
    metrics: async () => ({ body: await metrics.metrics(), type: metrics.contentType }),
    openapi: async () => ({ body: document }),
    welcome: async () => ({ body: welcomePage(), type: 'text/html; charset=utf-8', headers: PAGE_HEADERS }),
    reportLink: async ({ query }) => ({ body: linkTo(ports, query.to) }),
    whoami: async ({ identity, credential: { expiresAt, authenticatedAt } }) => {
      const { name, kind = 'person', label, roles, grants = [], claims } = identity;
      const { installation } = ports.settings;
      return {
        body: {
          ...{ name, kind, person: personOf(identity), roles, grants, installation },
          ...(label === undefined ? {} : { label }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
          ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
          ...(claims === undefined ? {} : { claims }),
        },
      };
    },
    identities: async ({ query }) => {
      const asked = new Set(query.names.split(','));
      const known = (await ports.directory.identities()).filter(({ name }) => asked.has(name));
      return {
        body: {
          identities: known.map((identity) => {
            const { name, kind = 'person', label } = identity;
            return { name, kind, person: personOf(identity), ...(label === undefined ? {} : { label }) };
          }),
        },
      };
    },
    models: async () => ({ body: { models: ports.settings.models.map(({ name, branch }) => ({ name, branch })) } }),
  };
};

const answer = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
    return 'ok';
  } catch (error) {
    return error instanceof SlipwayError ? `${error.code}: ${error.message}` : 'internal';
  }
};
