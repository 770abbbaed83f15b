import { setTimeout as delay } from 'node:timers/promises';
import { chooseVersion, fallback, stickyPoint } from '../../domain/inference/chooseVersion.js';
import type { Deployment } from '../deployment.js';
import type { Running } from '../running.js';
import { SilentServer, type Relayed } from './exchange.js';

export interface Forwarding {
  readonly method: string;
  readonly path: string;
  /** Headers that the model server understands, as lines. */
  readonly headers: string;
  readonly body: Buffer;
  readonly stickyKey: string | undefined;
  /** A version by its 64 digits, or a role: this one or none. */
  readonly only: string | undefined;
  readonly timeoutMs: number;
}

export type Forwarded =
  | { readonly kind: 'answered'; readonly answer: Relayed; readonly by: Running; readonly retried: boolean }
  | { readonly kind: 'unknown_version' }
  | { readonly kind: 'nobody'; readonly retried: boolean };

/** How long a request waits for a server that died and is being started again, when there is no other. */
const PATIENCE_MS = 5_000;
const MAX_PATIENT = 512;

export interface Forwarder {
  forward(deployment: Deployment, request: Forwarding): Promise<Forwarded>;
}

/**
 * Sends a request to the version that weights, key or header choose. A prediction changes nothing, so when a server
 * dies under it, it is asked once more of another ready version, or of the same one when it is back.
 */
export const createForwarder = (random: () => number): Forwarder => {
  let patient = 0;

  const pick = (deployment: Deployment, request: Forwarding, tried: Running | undefined): Running | undefined => {
    const versions = deployment.versions();
    if (request.only !== undefined)
      return versions.find((one) => matches(one, request.only!) && one.ready && one !== tried);
    if (tried !== undefined) return fallback(versions.filter((one) => one !== tried));
    const point = request.stickyKey === undefined ? random() : stickyPoint(versions, request.stickyKey);
    return chooseVersion(versions, point);
  };
  /** Only a version that answered before is waited for: a first one that loads may take its time. */
  const waitFor = async (deployment: Deployment, request: Forwarding): Promise<Running | undefined> => {
    const worthIt = deployment
      .versions()
      .some((one) => one.process.status().wasReady && (request.only === undefined || matches(one, request.only)));
    if (!worthIt || patient >= MAX_PATIENT) return undefined;
    patient += 1;
    const deadline = performance.now() + PATIENCE_MS;
    try {
      for (;;) {
        const found = pick(deployment, request, undefined);
        const left = deadline - performance.now();
        if (found !== undefined || left <= 0) return found;
        const limit = new AbortController();
        await Promise.race([
          deployment.changed(),
          delay(left, undefined, { signal: limit.signal }).catch(() => undefined),
        ]);
        limit.abort();
      }
    } finally {
      patient -= 1;
    }
  };
  const attempt = async (deployment: Deployment, request: Forwarding, to: Running): Promise<Relayed | undefined> => {
    const exchange = to.exchange();
    if (exchange === undefined) return undefined;
    to.inFlight += 1;
    try {
      return await exchange.send(headOf(request, to), request.body, request.timeoutMs);
    } catch (error) {
      if (request.only === undefined) to.lost += 1;
      if (!(error instanceof SilentServer)) to.process.suspect();
      return undefined;
    } finally {
      to.inFlight -= 1;
      deployment.released(to);
    }
  };
  return {
    forward: async (deployment, request) => {
      if (request.only !== undefined && !deployment.versions().some((one) => matches(one, request.only!)))
        return { kind: 'unknown_version' };
      const first = pick(deployment, request, undefined) ?? (await waitFor(deployment, request));
      if (first === undefined) return { kind: 'nobody', retried: false };
      const answer = await attempt(deployment, request, first);
      if (answer !== undefined && answer.status !== 503) return { kind: 'answered', answer, by: first, retried: false };
      // Only a server that is gone is worth waiting for; one that is busy has said so.
      const second =
        pick(deployment, request, first) ?? (answer === undefined ? await waitFor(deployment, request) : undefined);
      const again = second === undefined ? undefined : await attempt(deployment, request, second);
      if (again !== undefined) return { kind: 'answered', answer: again, by: second!, retried: true };
      return answer === undefined
        ? { kind: 'nobody', retried: true }
        : { kind: 'answered', answer, by: first, retried: true };
    },
  };
};

const matches = (one: Running, only: string): boolean => !one.retiring && (one.version === only || one.role === only);

const headOf = (request: Forwarding, to: Running): string =>
  `${request.method} ${request.path} HTTP/1.1\r\nhost: model\r\nx-slipway-route: ${to.role}\r\n${request.only === undefined ? '' : 'x-slipway-asked-for: 1\r\n'}${request.headers}content-length: ${request.body.length}\r\n\r\n`;
