/** Entry of the `slipway` command: wiring only. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { examineInstallation } from './cli/doctor.js';
import { runProgram } from './cli/program.js';
import { loadClientConfig, loadDevServers, readTargets } from './config/load.js';
import { inherited } from './config/variables.js';
import { issueToken } from './server/tokens.js';
import { startDev } from './supervisor/dev.js';
import { chooseServers } from './supervisor/chooseServers.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const gitEmail = (): { readonly gitEmail?: string } => {
  try {
    const email = execFileSync('git', ['config', '--get', 'user.email'], { encoding: 'utf8', timeout: 5_000 }).trim();
    return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email) ? { gitEmail: email } : {};
  } catch {
    return {};
  }
};

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  streams: process,
  surroundings: () => {
    const { home, url, token } = loadClientConfig();
    return { home: home.directory, ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) };
  },
  examine: (cli) => examineInstallation(cli, (options) => createMinioBlobStore(options).probe()),
  startDev: async (request, signal) =>
    startDev(
      {
        ...request,
        ...gitEmail(),
        ...chooseServers(loadDevServers(), inherited()),
        entries: fileURLToPath(new URL('.', import.meta.url)),
        environment: inherited(),
        readOperator: readTargets,
        issueToken,
      },
      signal,
    ),
});
