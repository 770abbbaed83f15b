import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../../workflows/messages.js';

/** The Temporal development server on a free port; without a database file it forgets everything when it ends. */
export const startDevServer = async (options: { readonly port?: number; readonly databaseFile?: string } = {}) => {
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const child = spawn(
    process.env['TEMPORAL_CLI'] ?? 'temporal',
    [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
      ...Object.values(SEARCH_ATTRIBUTES).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
      ...(options.databaseFile === undefined ? [] : ['--db-filename', options.databaseFile]),
    ],
    { stdio: 'ignore' },
  );
  const connection = Connection.lazy({ address });
  await connection.withDeadline(Date.now() + 20_000, () =>
    connection.workflowService.describeNamespace({ namespace: 'default' }),
  );
  await connection.close();
  return {
    address,
    port,
    stop: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
