import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * Ports that nobody listens on at this moment, all different. Another process can take one before it is used: whoever
 * starts a server on them retries with new ones when the server says that its port is taken.
 */
export const freePorts = async (count: number, host = '127.0.0.1'): Promise<number[]> => {
  const servers: Server[] = [];
  try {
    for (let i = 0; i < count; i += 1) servers.push(await listen(0, host));
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
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
