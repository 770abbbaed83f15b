import { createServer, type Server } from 'node:net';

/**
 * Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152): a port from there
 * can be taken by any connection before a server that was told to use it has started.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
/** More than one installation needs. */
const BLOCK = 32;

/** Where this process looks next: processes that start together have other numbers, and so other blocks. */
let next = (process.pid * BLOCK) % (HIGHEST - LOWEST);

/**
 * Ports that nobody listens on at this moment, and that this process has not given out before. Another process can still
 * take one before it is used.
 */
export const freePorts = async (count: number, host = '127.0.0.1'): Promise<number[]> => {
  const found: number[] = [];
  for (let looked = 0; found.length < count; looked += 1) {
    if (looked > HIGHEST - LOWEST) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + next;
    next = (next + 1) % (HIGHEST - LOWEST);
    if (await isFree(port, host)) found.push(port);
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
