// Starts the product as its users do: `slipway dev` on a fresh home, with an operator's file of ours, and a receiver of
// alerts as a process of its own. Everything after that goes through the command line and the API.
import { execFile, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { AUTHOR } from './repository.mjs';

const SLIPWAY = fileURLToPath(new URL('../../bin/slipway.mjs', import.meta.url));
const RECEIVER = fileURLToPath(new URL('./receiver.mjs', import.meta.url));
const START_WITHIN_MS = 120_000;
const run = promisify(execFile);

export class CommandFailed extends Error {
  constructor(words, exit, output, text) {
    super(`slipway ${words.join(' ')} ended with exit code ${exit}: ${text.trim().split('\n')[0]}`);
    this.exit = exit;
    this.output = output;
  }
}

/** @param {{home: string, repository: string, model: string, workers: number}} options */
export const startInstallation = async ({ home, repository, model, workers }) => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const { alerts } = attach(home);
  const secretFile = join(home, 'alerts.secret');
  writeFileSync(secretFile, `whsec_${randomBytes(24).toString('base64')}`, { mode: 0o600 });
  writeFileSync(alerts, '');
  const receiver = fork(RECEIVER, [secretFile, alerts], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { port: receiverPort } = await new Promise((resolve, reject) =>
    receiver.once('message', resolve).once('exit', () => reject(new Error('the receiver of alerts did not start'))),
  );
  writeFileSync(
    join(home, 'slipway.config.yaml'),
    operatorFile({ home, repository, model, url: `http://127.0.0.1:${receiverPort}/`, secretFile }),
    { mode: 0o600 },
  );

  const dev = spawn(process.execPath, [SLIPWAY, 'dev', '--home', home, '--workers', String(workers)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [dev.stdout, dev.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
  await ready(dev, () => output);

  const { state, ...running } = attach(home);
  const slipway = async (words, { as = 'author', expect = [0] } = {}) => {
    const all = [...words, '--home', home, '--as', as, '--json'];
    const { code, stdout, stderr } = await run(process.execPath, [SLIPWAY, ...all], {
      maxBuffer: 64 * 1024 * 1024,
    }).then(
      (done) => ({ code: 0, ...done }),
      (error) => ({ code: error.code ?? 1, stdout: error.stdout ?? '', stderr: error.stderr ?? String(error) }),
    );
    const parsed = stdout.trim() === '' ? undefined : JSON.parse(stdout);
    if (!expect.includes(code)) throw new CommandFailed(words, code, parsed, stderr);
    return { exit: code, output: parsed, text: stderr };
  };
  return {
    ...running,
    slipway,
    state,
    webUi: () => /Temporal Web UI:?\s+(http\S+)/.exec(output)?.[1] ?? '',
    stop: async () => {
      receiver.kill();
      if (dev.exitCode !== null || dev.signalCode !== null) return;
      const ended = new Promise((resolve) => dev.once('exit', resolve));
      dev.kill('SIGTERM');
      await ended;
    },
    /** Leaves everything running; the demo's own process may end. */
    leave: async () => {
      await new Promise((resolve) => receiver.send({ follow: dev.pid }, resolve));
      receiver.disconnect();
      receiver.unref();
      dev.stdout.destroy();
      dev.stderr.destroy();
      dev.unref();
    },
  };
};

/** An installation that runs already, by its home: where its parts are. */
export const attach = (home) => {
  const state = () => JSON.parse(readFileSync(join(home, 'dev.json'), 'utf8'));
  const config = () => parse(readFileSync(join(home, 'slipway.config.yaml'), 'utf8'));
  const process = (name) => state().processes.find((one) => one.name === name);
  return {
    home,
    alerts: join(home, 'alerts.ndjson'),
    state,
    process,
    url: (name) => process(name)?.url,
    temporalAddress: () => process('temporal').address,
    productionUrl: () => config().environments.find((one) => one.name === 'production').target.local.url,
    token: (identity) => readFileSync(join(home, 'credentials', identity), 'utf8').trim(),
  };
};

const operatorFile = ({ home, repository, model, url, secretFile }) =>
  stringify({
    version: 1,
    installation: `demo-${randomBytes(4).toString('hex')}`,
    // The author may also review, but never the own release: the refusal is a rule, not a missing role.
    identities: [
      { name: 'author', roles: ['author', 'reviewer'], gitEmails: [AUTHOR.email] },
      { name: 'reviewer', roles: ['reviewer'], gitEmails: ['reviewer@example.com'] },
      { name: 'oncall', roles: ['oncall', 'operator'], gitEmails: ['oncall@example.com'] },
    ],
    models: [
      {
        name: model,
        repository: { url: repository, branch: 'main' },
        environments: ['test', 'staging', 'production'].map((name) => ({ name, clock: 'arrivals' })),
      },
    ],
    sourceRoots: [repository],
    channels: ['oncall', 'reviewer'].map((name) => ({ name, webhook: { url, secretFile } })),
    source: { pollEvery: '2s' },
    steps: {
      env: { npm_config_cache: join(home, 'npm-cache'), npm_config_update_notifier: 'false' },
      writable: [join(home, 'npm-cache')],
    },
  });

const ready = (dev, output) =>
  new Promise((resolve, reject) => {
    const fail = (how) =>
      reject(new Error(`slipway dev ${how}:\n${output().trim().split('\n').slice(-15).join('\n')}`));
    const timer = setTimeout(() => fail('was not ready in time'), START_WITHIN_MS);
    dev.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
    const look = setInterval(() => {
      if (!/Stop with Ctrl-C/.test(output())) return;
      clearInterval(look);
      clearTimeout(timer);
      dev.removeAllListeners('exit');
      resolve();
    }, 50);
    dev.once('exit', () => clearInterval(look));
  });

export const readAlerts = (path) =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
