// The platform of this example: the admin side of a serving node, at a Unix socket or at host:port with a token.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

/** @param {{socket?: string, admin?: string}} where */
export const openPlatform = ({ socket, admin }) => {
  const [host, port] = admin?.split(':') ?? [];
  const address = socket === undefined ? { host, port: Number(port) } : { socketPath: socket };
  // The variable holds the path of an open file; the token itself is in no environment and no command line.
  const file = process.env.NODE_TOKEN;
  const headers = file === undefined ? {} : { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const asked = request({ ...address, method, path, headers: { ...headers, 'content-type': 'application/json' } });
      asked.once('error', reject);
      asked.once('response', async (answer) => {
        const text = (await answer.toArray()).join('');
        resolve({ status: answer.statusCode, body: text === '' ? undefined : JSON.parse(text) });
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
};
