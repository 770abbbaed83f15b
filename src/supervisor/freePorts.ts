import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152): a port from there
 * can be taken by any connection before a server that was told to use it has started.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
/** Given out by this process, which may not have started its servers yet. */
const given = new Set<number>();

/**
 * Ports that nobody listens on at this moment, all different, from a place in the range that differs each time, so that
 * two installations that start together do not meet. Another process can still take one before it is used.
 */
export const freePorts = async (count: number, host = '127.0.0.1'): Promise<number[]> => {
  const found: number[] = [];
  const first = randomInt(HIGHEST - LOWEST);
  for (let step = 0; found.length < count; step += 1) {
    if (step > HIGHEST - LOWEST) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + ((first + step) % (HIGHEST - LOWEST));
    if (given.has(port) || !(await isFree(port, host))) continue;
    given.add(port);
    found.push(port);
  }
  return found;
};

/** Whether a port can be listened on now. */
export const isFree = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
  try {
    const server = await listen(port, host);
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    return false;
  }
};

const listen = (port: number, host: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
