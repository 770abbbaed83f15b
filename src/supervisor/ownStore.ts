import { ensureStoreKeys, type StoreKeys } from './credentials.js';
import { lockHome } from './devLock.js';
import { freePorts } from './freePorts.js';
import { guardChildren } from './guardChildren.js';
import { homeFiles, prepareHome } from './home.js';
import { storeEndpoint, storeProcess, type StoreChoice } from './processes.js';
import { SEAWEED_PORTS, seaweedPortsOf } from './seaweedPorts.js';
import { superviseProcess } from './supervisedProcess.js';

export interface OwnStore extends StoreKeys {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * The object store that `slipway dev` would run in this home, and nothing else of it, for as long as somebody fills it.
 * Meanwhile the home is taken: no installation starts there.
 */
export const runOwnStore = async (
  home: string,
  store: StoreChoice,
  environment: Readonly<Record<string, string>>,
): Promise<OwnStore> => {
  const files = homeFiles(home);
  await prepareHome(files);
  const unlock = await lockHome(files.lock);
  const guard = guardChildren();
  const nothing = (): void => undefined;
  const ended = async (): Promise<void> => {
    guard.close();
    await unlock();
  };
  try {
    const [port = 0, ...others] = await freePorts(1 + SEAWEED_PORTS);
    const storeKeys = await ensureStoreKeys(files);
    const options = { files, ports: { store: port }, seaweedPorts: seaweedPortsOf(port, others), storeKeys, store };
    const events = {
      started: (_: string, pid: number) => guard.add(pid),
      ended: (_: string, pid: number) => guard.remove(pid),
      ...{ up: nothing, down: nothing },
    };
    const processes = storeProcess(options).map((plan) =>
      superviseProcess(plan, { logFolder: files.logs, events, environment }),
    );
    for (const one of processes) await one.start();
    return {
      ...storeKeys,
      endpoint: storeEndpoint(options),
      stop: async () => {
        for (const one of processes) await one.stop();
        await ended();
      },
    };
  } catch (error) {
    await ended();
    throw error;
  }
};
