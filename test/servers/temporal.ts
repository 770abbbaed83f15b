import { freePorts } from '../../src/supervisor/freePorts.js';
import { temporalReady, temporalServerCommand } from '../../src/supervisor/temporalServer.js';
import { locate } from './locate.js';
import { startServerProcess, withAddresses, type ServerProcess } from './serverProcess.js';

export interface TemporalServer extends ServerProcess {
  /** `host:port` of gRPC. */
  readonly address: string;
  /** Address of the Web UI; empty when it was not asked for. */
  readonly uiUrl: string;
}

export interface TemporalOptions {
  /** SQLite file: needed to find everything again after `kill9` and `restart`. */
  readonly dbFile?: string;
  readonly port?: number;
  /** With `true` on a free port. */
  readonly ui?: boolean;
  readonly uiPort?: number;
  readonly dynamicConfig?: readonly string[];
}

/** The development server with the settings of `slipway dev`. */
export const startTemporal = async (options: TemporalOptions = {}): Promise<TemporalServer> => {
  const [freePort = 0, freeUiPort = 0] = await freePorts(2);
  const port = options.port ?? freePort;
  const uiPort = options.uiPort ?? (options.ui === true ? freeUiPort : undefined);
  const address = `127.0.0.1:${port}`;
  const server = await startServerProcess({
    name: 'Temporal',
    command: temporalServerCommand({
      binary: locate('temporal'),
      port,
      ...(uiPort === undefined ? {} : { uiPort }),
      ...(options.dbFile === undefined ? {} : { dbFile: options.dbFile }),
      ...(options.dynamicConfig === undefined ? {} : { dynamicConfig: options.dynamicConfig }),
    }),
    ready: (signal) => temporalReady(address, signal),
  });
  return withAddresses(server, { address, uiUrl: uiPort === undefined ? '' : `http://127.0.0.1:${uiPort}` });
};
