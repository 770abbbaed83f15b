import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Dev } from '../../supervisor/dev.js';
import type { ModelSource } from '../../supervisor/firstStart.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import type { Run } from '../run.js';

export interface DevRequest {
  readonly home: string;
  readonly workers: number;
  readonly apiPort?: number;
  readonly models: readonly ModelSource[];
  readonly say: (text: string) => void;
}

export const devCommand = (program: Command, run: Run, start: (request: DevRequest) => Promise<Dev>): void => {
  explain(
    program
      .command('dev')
      .description('run a whole installation on this machine until Ctrl-C')
      .option(
        '--model <name=repository#branch...>',
        'a model repository to watch; only read at the first start, later edit slipway.config.yaml',
      )
      .option('--workers <n>', 'workers for everything but the workflows', '1')
      .option('--port <n>', 'port of the API')
      .action(run(((cli: Cli, options: Options) => dev(cli, options, start)) as never)),
    ['dev --model flight-delay=../flight-delay', 'dev --workers 2 --home /tmp/slipway'],
    '0 stopped; 2 usage; 9 something could not be started',
  );
};

interface Options {
  readonly model?: readonly string[];
  readonly workers: string;
  readonly port?: string;
}

const dev = async (cli: Cli, options: Options, start: (request: DevRequest) => Promise<Dev>): Promise<number> => {
  const running = await start({
    home: resolve(cli.home),
    workers: count(options.workers, '--workers', 1, 16),
    ...(options.port === undefined ? {} : { apiPort: count(options.port, '--port', 1, 65_535) }),
    models: (options.model ?? []).map(parseModel),
    say: (text) => cli.out.note(text),
  });
  cli.out.result({ url: running.url, webUi: running.webUi, home: resolve(cli.home) }, ({ url, webUi, home }) =>
    [`API and reports: ${url}`, `Temporal Web UI: ${webUi}`, `home: ${home}`, 'Stop with Ctrl-C.'].join('\n'),
  );
  await new Promise<void>((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
  cli.out.note('stopping');
  await running.stop();
  return 0;
};

const count = (text: string, name: string, least: number, most: number): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new SlipwayError('usage', `${name} must be ${least} to ${most}`);
  return value;
};

/** `name=path-or-url#branch`; the name is the folder's where it is left out, the branch `main`. */
const parseModel = (text: string): ModelSource => {
  const [, named, location = '', branch = 'main'] = /^(?:([a-z0-9][a-z0-9-]*)=)?([^#]+)(?:#(.+))?$/.exec(text) ?? [];
  if (location === '') throw new SlipwayError('usage', `${text} is not of the form name=repository#branch`);
  const url = /^[a-z+]+:\/\/|^[^/]+@[^/]+:/.test(location) ? location : resolve(location);
  return { name: named ?? basename(location).replace(/\.git$/, ''), url, branch };
};
