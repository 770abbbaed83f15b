import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { LABELS, type Owner } from './container.js';

const NOT_FOUND = 404;
const IS_BEING_REMOVED = 409;

const ANSWER_MS = 120_000;

/** An answer of the engine. Whatever it refuses is the same error, with its own words; so is what it does not answer. */
export const asked = async <T>(what: string, answer: Promise<T>, withinMs = ANSWER_MS): Promise<T> => {
  const answered = new AbortController();
  const late = delay(withinMs, undefined, { signal: answered.signal, ref: false }).then(() => {
    throw new Error(`no answer in ${withinMs / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } catch (cause) {
    if (cause instanceof SlipwayError) throw cause;
    throw new SlipwayError('step_runner_unavailable', `${what}: ${sayCause(cause)}`, {}, { cause });
  } finally {
    answered.abort();
  }
};

const sayCause = (cause: unknown): string => {
  const said = (cause as { json?: { message?: string } }).json?.message;
  return said ?? (cause instanceof Error ? cause.message : String(cause));
};

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

export const openEngine = (socket: string): Docker => new Docker({ socketPath: socket });

/** PATH of an image, or why there is none. */
export const inspectImage = async (engine: Docker, image: string): Promise<{ readonly path: string }> => {
  const found = await asked(
    `image ${image}`,
    engine
      .getImage(image)
      .inspect()
      .catch((error: unknown) => {
        if (statusOf(error) !== NOT_FOUND) throw error;
        throw new SlipwayError(
          'step_runner_unavailable',
          `the container engine has no image ${image}: pull it on this machine`,
        );
      }),
  );
  const path = found.Config.Env?.find((variable) => variable.startsWith('PATH='));
  return { path: path?.slice('PATH='.length) ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
};

/** Why no step can run in containers of an image; undefined where it can. */
export const whyNoContainers = (socket: string, image: string): Promise<string | undefined> =>
  inspectImage(openEngine(socket), image).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** Ends a container and takes it away; one that is gone, or going, already is as good. */
export const removeContainer = async (engine: Docker, id: string): Promise<void> => {
  await engine
    .getContainer(id)
    .remove({ force: true, v: true })
    .catch((error: unknown) => {
      if (![NOT_FOUND, IS_BEING_REMOVED].includes(statusOf(error) ?? 0)) throw error;
    });
};

export interface Found {
  readonly id: string;
  readonly folder: string;
  readonly attempt: number;
}

/** Containers of an installation on this host, running or not. */
export const findContainers = async (engine: Docker, owner: Owner, task?: string): Promise<readonly Found[]> => {
  const label = [
    `${LABELS.installation}=${owner.installation}`,
    ...(task === undefined ? [`${LABELS.host}=${owner.host}`] : [`${LABELS.task}=${task}`]),
  ];
  const found = await engine.listContainers({ all: true, filters: { label } });
  return found.map(({ Id, Labels }) => ({
    id: Id,
    folder: Labels[LABELS.folder] ?? '',
    attempt: Number(Labels[LABELS.attempt] ?? 0),
  }));
};
