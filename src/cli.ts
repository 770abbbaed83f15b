/** Entry of the `slipway` command: wiring only. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { examineInstallation } from './cli/doctor.js';
import { runProgram } from './cli/program.js';
import { loadClientConfig } from './config/load.js';
import { passedOn } from './config/variables.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import { issueToken } from './server/tokens.js';
import { startDev } from './supervisor/dev.js';
import { locateServer } from './supervisor/locateServer.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const locate = (name: 'temporal' | 'minio' | 'weed'): string | undefined => locateServer(name, process.env)?.path;

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  streams: process,
  surroundings: () => {
    const { home, url, token } = loadClientConfig();
    return { home: home.directory, ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) };
  },
  examine: (cli) => examineInstallation(cli, (options) => createMinioBlobStore(options).probe()),
  startDev: async (request) => {
    const temporal = locate('temporal');
    const minio = locate('minio');
    const weed = locate('weed');
    if (temporal === undefined)
      throw new SlipwayError(
        'server_missing',
        'the Temporal CLI is not on this machine; run `npm run demo` once, which fetches it',
      );
    if (minio === undefined && weed === undefined)
      throw new SlipwayError(
        'server_missing',
        'no MinIO server is on this machine; run `npm run demo` once, which fetches it',
      );
    return startDev({
      ...request,
      binaries: {
        temporal,
        store: minio === undefined ? { kind: 'weed', path: weed ?? '' } : { kind: 'minio', path: minio },
      },
      entries: fileURLToPath(new URL('.', import.meta.url)),
      environment: passedOn([
        'HOME',
        'TMPDIR',
        'LANG',
        'TZ',
        'npm_config_cache',
        'npm_config_registry',
        'NODE_EXTRA_CA_CERTS',
        'SSL_CERT_FILE',
      ]),
      issueToken,
    });
  },
});
