// Brings a fresh clone to where everything runs: packages of the lock file, the build, the servers. It needs Node and git
// only, imports nothing outside this folder before the packages are there, and does nothing that was done already.
// `--tests` also fetches what only the tests need.
import { installPackages } from './setup/packages.mjs';
import { say } from './setup/progress.mjs';
import { checkRequirements } from './setup/requirements.mjs';
import { ROOT, build } from './build.mjs';

async function setUp({ tests }) {
  await checkRequirements(ROOT);
  await installPackages(ROOT);
  const { errors } = await build();
  if (errors.length > 0) throw new Error(`the build failed:\n${errors.join('\n')}`);
  const { fetchServers } = await import('./servers/required.mjs');
  await fetchServers({ tests });
}

const began = performance.now();
try {
  await setUp({ tests: process.argv.includes('--tests') });
  say(`ready (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
} catch (error) {
  console.error(`\nSlipway cannot be set up on this machine.\n\n${error.message}\n`);
  process.exitCode = 1;
}
