import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Lets a closing server end as soon as its last request has: connections without one are closed at once (Node's own
 * closeIdleConnections leaves those that never sent a request to a timeout of a minute), the others with their answer.
 */
export const closeWithLastAnswer = (app: FastifyInstance): void => {
  const all = new Set<Socket>();
  const busy = new Map<Socket, number>();
  let closing = false;
  app.server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    all.add(socket);
    socket.once('close', () => {
      all.delete(socket);
      busy.delete(socket);
    });
  });
  app.addHook('onRequest', async ({ raw: { socket } }) => void busy.set(socket, (busy.get(socket) ?? 0) + 1));
  app.addHook('onResponse', async ({ raw: { socket } }) => {
    const left = (busy.get(socket) ?? 1) - 1;
    if (left > 0) return void busy.set(socket, left);
    busy.delete(socket);
    if (closing) socket.destroySoon();
  });
  app.addHook('preClose', async () => {
    closing = true;
    for (const socket of all) if (!busy.has(socket)) socket.destroy();
  });
};
