import { locateServer, SERVERS, type ServerName } from '../../src/supervisor/locateServer.js';

/** Path of a server's binary. Throws where `npm test` did not fetch it. */
export const locate = (name: ServerName): string => {
  const located = locateServer(name, process.env);
  if (located === undefined) throw new Error(`${SERVERS[name].title} is missing: run node tools/setup.mjs --tests`);
  return located.path;
};
