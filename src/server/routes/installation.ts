import type { Registry } from 'prom-client';
import { openApi } from '../../contract/http/openapi.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Handlers } from '../call.js';
import { PAGE_HEADERS } from '../headers.js';
import { welcomePage } from '../pages.js';
import { linkTo } from '../reportLink.js';
import type { ServerPorts } from '../ports.js';

type Mine = 'health' | 'ready' | 'metrics' | 'openapi' | 'whoami' | 'models' | 'welcome' | 'reportLink';

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
    whoami: async ({ identity: { name, roles } }) => ({
      body: { name, roles, installation: ports.settings.installation },
    }),
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
