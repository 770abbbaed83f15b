import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ERRORS } from '../domain/errors/table.js';
import type { EngineGuard } from './engineGuard.js';

export interface Serving {
  readonly app: FastifyInstance;
  readonly guard: EngineGuard;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
}

const WATCH_ENGINE_MS = 5_000;
/** Requests under way get this long to end. */
const GRACE_MS = 10_000;

/** Listens until SIGTERM or SIGINT; then takes no more requests, lets those under way end, and exits. */
export const serve = async ({ app, guard, log, host, port }: Serving): Promise<void> => {
  await guard.check().catch((error: unknown) => logProblem(log, error, 'the engine cannot be used'));
  const watch = guard.watch(WATCH_ENGINE_MS, (lost) =>
    lost === undefined ? log.info('the engine is back') : logProblem(log, lost, 'the engine was lost'),
  );
  try {
    await app.listen({ host, port });
  } catch (cause) {
    watch.stop();
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw taken
      ? new SlipwayError('port_taken', `${host}:${port} is used by another program`, { port }, { cause })
      : cause;
  }
  log.info({ url: app.listeningOrigin }, 'API is ready');
  const stop = (): void => {
    watch.stop();
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    void app.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

const logProblem = (log: Logger, error: unknown, what: string): void => {
  const code = error instanceof SlipwayError ? error.code : 'internal';
  log.error({ code, action: ERRORS[code].action, err: error }, what);
};
