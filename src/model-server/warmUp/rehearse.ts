import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { close, listenOnAddress, listenOnSocket } from '../http/listen.js';
import type { Routes } from '../http/routes.js';
import type { SmokeRequest } from './smokeRequests.js';

export interface Rehearsed {
  readonly rounds: number;
  readonly ms: number;
}

export interface WarmUpBudget {
  readonly rounds: number;
  /** performance.now() after which no further round begins. */
  readonly until: number;
}

/**
 * Sends requests the way that callers' take, over a socket of its own, in front of what `routes` holds: V8 compiles what runs
 * often, and a process whose first requests are slower than its later ones looks worse in an analysis than its version is. What
 * is answered does not matter here, only that it went through every part of the server.
 *
 * Each round is one request at least, however long it takes: nothing is under way when this returns.
 */
export const rehearse = async (
  routes: Routes,
  requests: readonly (readonly SmokeRequest[])[],
  budget: WarmUpBudget,
): Promise<Rehearsed> => {
  const began = performance.now();
  if (requests.length === 0) return { rounds: 0, ms: 0 };
  const { socket } = routes.settings;
  // Where callers come from, so that sockets of the same kind are warm.
  const server = await (socket === undefined
    ? listenOnAddress(routes, { host: '127.0.0.1', port: 0 })
    : listenOnSocket(routes, `${socket}.w`));
  const agent = new Agent({ keepAlive: true });
  const where = socket === undefined ? { port: (server.address() as AddressInfo).port } : { socketPath: `${socket}.w` };
  const path = `/v2/models/${routes.settings.model}/infer`;
  let rounds = 0;
  try {
    for (; rounds < budget.rounds && performance.now() < budget.until; rounds += 1)
      await Promise.all(requests[rounds % requests.length]!.map((asked) => ask({ ...where, path, agent }, asked)));
  } finally {
    agent.destroy();
    await close(server);
  }
  return { rounds, ms: performance.now() - began };
};

const ask = (where: object, { headers, body }: SmokeRequest): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = request({ ...where, method: 'POST', headers: { ...headers, 'content-length': body.length } });
    asked.once('error', reject);
    asked.once('response', (answer) => {
      answer.once('error', reject);
      answer.once('end', resolve);
      answer.resume();
    });
    asked.end(body);
  });
