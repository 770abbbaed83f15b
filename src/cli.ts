/** Entry of the `slipway` command: wiring only. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDevState } from './cli/devState.js';
import { runProgram } from './cli/program.js';
import {
  loadClientConfig,
  loadDevServers,
  loadRegistryCredentials,
  loadStoreAccess,
  readTargets,
} from './config/load.js';
import { readTerms, retentionIn, stepsIn, tokenSettings, unheardIn } from './config/ofHome.js';
import { commandPath, inherited } from './config/variables.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import type { StoreAccess } from './offline/storeAccess.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// What was asked of the API goes on without the one who asked. Commands that have an end of their own listen, too.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return;
  process.stderr.write('\ninterrupted; what was asked for goes on\n');
  process.exit(130);
});
/** `slipway dev` goes on when whoever read what it says has gone; `slipway release list | head` ends. */
let runsOn = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!runsOn) process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.stderr.on('error', () => undefined);

/** Of the store that slipway dev runs for this home */
const readStoreKeys = (home: string): { readonly accessKey: string; readonly secretKey: string } => {
  try {
    return JSON.parse(readFileSync(join(home, 'keys', 'store.json'), 'utf8')) as {
      accessKey: string;
      secretKey: string;
    };
  } catch {
    throw new SlipwayError('config_invalid', `the credentials of the store are not in ${join(home, 'keys')}`);
  }
};

/** Of a store that `slipway dev` runs. */
const OWN_BUCKETS = { bucket: 'slipway', ledgerBucket: 'slipway-ledger' } as const;

/** The store that the environment names, or the one that `slipway dev` runs in this home. */
const storeAccess = (home: string): StoreAccess => {
  const named = loadStoreAccess();
  if (named !== undefined) return named;
  const endpoint = readDevState(home)?.processes.find(({ name }) => name === 'store')?.url;
  if (endpoint === undefined)
    throw new SlipwayError('store_unreachable', `no store runs for ${home}, and SLIPWAY_STORE_ENDPOINT is not set`);
  return { ...readStoreKeys(home), endpoint, ...OWN_BUCKETS };
};

/** The store that the environment names, or a new one in this home, which runs only as long as it is filled. */
const targetStore = async (home: string): Promise<{ readonly access: StoreAccess; stop(): Promise<void> }> => {
  const named = loadStoreAccess();
  if (named !== undefined) return { access: named, stop: () => Promise.resolve() };
  const { runOwnStore } = await import('./supervisor/ownStore.js');
  const { chooseStore } = await import('./supervisor/chooseServers.js');
  const { endpoint, accessKey, secretKey, stop } = await runOwnStore(
    resolve(home),
    chooseStore(inherited()),
    inherited(),
  );
  return { access: { endpoint, accessKey, secretKey, ...OWN_BUCKETS }, stop };
};

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  streams: process,
  surroundings: () => {
    const { home, url, token } = loadClientConfig();
    return { home: home.directory, ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) };
  },
  // What only some commands need is loaded by them: most only speak HTTP, and should answer at once.
  examine: async (cli) => {
    const { examineInstallation } = await import('./cli/doctor.js');
    const { createMinioBlobStore } = await import('./adapters/minio/blobStore.js');
    return examineInstallation(cli, {
      temporalAddress: () => loadDevServers().temporalAddress,
      asksForCredentials: async (address) => {
        const { asksForCredentials } = await import('./adapters/temporal/asksForCredentials.js');
        return asksForCredentials(address);
      },
      probeStore: (home, endpoint) =>
        createMinioBlobStore({ ...readStoreKeys(home), endpoint, bucket: 'slipway' }).probe(),
      steps: async (home) => {
        const found = stepsIn(home);
        if (found.runner === 'process') {
          const { whyUnconfined } = await import('./adapters/process/confinement.js');
          const unconfined = await whyUnconfined(commandPath());
          return { runner: 'process', ...(unconfined === undefined ? {} : { unconfined }) };
        }
        const { whyNoContainers } = await import('./adapters/docker/engine.js');
        const missing = await whyNoContainers(found.socket, found.image);
        return { ...found, ...(missing === undefined ? {} : { missing }) };
      },
      ledgerLock: (home, endpoint) =>
        createMinioBlobStore({ ...readStoreKeys(home), endpoint, bucket: 'slipway-ledger' }).lockedFor(),
      unheard: unheardIn,
    });
  },
  termsOf: async (home, model) => readTerms(home, model),
  tokens: {
    identities: (home) => tokenSettings(home).identities(),
    issue: async (home, identity, expiresAt) => {
      const { issueToken } = await import('./server/tokens.js');
      return issueToken(tokenSettings(home).tokensFile, identity, expiresAt);
    },
    revoke: async (home, identity) => {
      const { revokeTokens } = await import('./server/tokens.js');
      return revokeTokens(tokenSettings(home).tokensFile, identity);
    },
  },
  prove: async (request) => {
    const { loginByLoopback } = await import('./adapters/oidc/loopbackLogin.js');
    return loginByLoopback(request);
  },
  openArtifacts: async (cli) => {
    const { openOfflineArtifacts } = await import('./offline/artifacts.js');
    return openOfflineArtifacts(cli.home, () => storeAccess(cli.home), loadRegistryCredentials());
  },
  openBackups: async (cli) => {
    const { openBackups } = await import('./offline/backup/backups.js');
    return openBackups({
      home: cli.home,
      access: () => storeAccess(cli.home),
      target: () => targetStore(cli.home),
      retention: (config) => retentionIn(cli.home, config),
      say: (text) => cli.out.progress(text),
    });
  },
  openLedger: async (cli, source) => {
    const { openOfflineLedger } = await import('./offline/ledger.js');
    return openOfflineLedger(source, cli.home, () => storeAccess(cli.home));
  },
  startDev: async (request, signal) => {
    runsOn = true;
    const { startDev } = await import('./supervisor/dev.js');
    const { chooseServers } = await import('./supervisor/chooseServers.js');
    const { issueToken } = await import('./server/tokens.js');
    return startDev(
      {
        ...request,
        ...chooseServers(loadDevServers(), inherited()),
        entries: fileURLToPath(new URL('.', import.meta.url)),
        environment: inherited(),
        readOperator: readTargets,
        issueToken,
      },
      signal,
    );
  },
});
