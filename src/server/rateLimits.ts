import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** Requests a minute. */
export interface RatesPerMinute {
  /** Of one address, whoever it says it is. */
  readonly address: number;
  /** Of one identity, from wherever. */
  readonly identity: number;
  /** Of one identity, to routes that decide. */
  readonly decisions: number;
  /** Without a valid token, from one address. */
  readonly failedTokens: number;
}

/** Each throws `rate_limited` when it is too much; the answer says when there is room again. */
export interface RateLimits {
  ofAddress(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  ofFailedToken(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  ofIdentity(request: FastifyRequest, reply: FastifyReply, identity: string, deciding: boolean): Promise<void>;
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

const MINUTE_MS = 60_000;
/** Addresses and identities that are remembered at a time; of more, the one not heard of for longest is forgotten. */
const REMEMBERED = 20_000;

/**
 * Counts in fixed windows of a minute, in this process: two API processes let twice as much in. An address is counted
 * before anything is verified, so that nobody makes the server check tokens at will; IPv6 by its /64.
 */
export const createRateLimits = (app: FastifyInstance, rates: RatesPerMinute): RateLimits => {
  const identities = new WeakMap<FastifyRequest, string>();
  const opened = new Map<keyof RatesPerMinute, Limiter>();
  void app.register(rateLimit, { global: false, cache: REMEMBERED });
  app.after(() => {
    const open = (name: keyof RatesPerMinute): void => {
      const own = name === 'identity' || name === 'decisions';
      const keyGenerator = (request: FastifyRequest): string => identities.get(request) ?? '';
      opened.set(
        name,
        app.createRateLimit({ max: rates[name], timeWindow: MINUTE_MS, ...(own ? { keyGenerator } : {}) }),
      );
    };
    (Object.keys(rates) as (keyof RatesPerMinute)[]).forEach(open);
  });
  const count = async (name: keyof RatesPerMinute, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const counted = await opened.get(name)!(request);
    if (counted.isAllowed) return;
    const { max, remaining, ttlInSeconds, isExceeded } = counted;
    void reply.headers({
      'ratelimit-limit': String(max),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(ttlInSeconds),
    });
    if (!isExceeded) return;
    void reply.header('retry-after', String(ttlInSeconds));
    throw new SlipwayError('rate_limited', `more than ${max} ${WORDS[name]} in a minute`, { limit: name });
  };
  return {
    ofAddress: (request, reply) => count('address', request, reply),
    ofFailedToken: (request, reply) => count('failedTokens', request, reply),
    ofIdentity: async (request, reply, identity, deciding) => {
      identities.set(request, identity);
      await count('identity', request, reply);
      if (deciding) await count('decisions', request, reply);
    },
  };
};

const WORDS: Readonly<Record<keyof RatesPerMinute, string>> = {
  address: 'requests from this address',
  identity: 'requests of this identity',
  decisions: 'decisions of this identity',
  failedTokens: 'requests without a valid token from this address',
};
