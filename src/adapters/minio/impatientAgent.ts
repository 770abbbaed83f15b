import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Connections that end when nothing was said on them for a while: the minio client has no limit of its own, and what
 * it waits for would keep a command from ending.
 */
export const impatientAgent = (secure: boolean, silentForMs: number): http.Agent => {
  const agent = new (secure ? https : http).Agent({ keepAlive: true, timeout: silentForMs });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket: Duplex | null | undefined = connect(options, done);
    socket?.on('timeout', () => socket.destroy(new Error(`silent for ${silentForMs / 1000} s`)));
    return socket;
  };
  return agent;
};
