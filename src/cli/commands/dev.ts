import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { ERRORS } from '../../domain/errors/table.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import type { Run } from '../run.js';
import { watchedModels, type DevModel } from '../watchedModels.js';

export interface DevRequest {
  readonly home: string;
  readonly workers: number;
  readonly ports: {
    readonly api?: number;
    readonly temporal?: number;
    readonly temporalUi?: number;
    readonly store?: number;
  };
  readonly models: readonly DevModel[];
  readonly say: (text: string) => void;
}

/** What runs until it is stopped. */
export interface RunningDev {
  readonly url: string;
  readonly webUi?: string;
  /** Temporal has lost what it knew. */
  readonly lost: boolean;
  /** Where each environment answers predictions. */
  readonly environments: readonly { readonly name: string; readonly url: string; readonly grpc?: string }[];
  stop(): Promise<void>;
  kill(): void;
}

export type StartDev = (request: DevRequest, signal: AbortSignal) => Promise<RunningDev>;

export const devCommand = (program: Command, run: Run, start: StartDev): void => {
  explain(
    program
      .command('dev')
      .description('run a whole installation on this machine until Ctrl-C')
      .option('--model <name=repository#branch...>', 'a model repository to watch; it is added to slipway.config.yaml')
      .option(
        '--repository <folder#branch...>',
        'the same, for a working copy: its slipway.yaml names the model; the branch that is checked out where none is named',
      )
      .option('--clock <wall|arrivals>', 'what now is for the production data of the models added', 'wall')
      .option('--workers <n>', 'workers for everything but the workflows', '1')
      .option('--port <n>', 'port of the API; a free one where it is left out, the same at the next start')
      .option('--temporal-port <n>', 'port of Temporal')
      .option('--temporal-ui-port <n>', 'port of the Temporal Web UI')
      .option('--store-port <n>', 'port of the object store')
      .action(run(((cli: Cli, options: Options) => dev(cli, options, start)) as never)),
    [
      'dev',
      'dev --repository ../flight-delay',
      'dev --repository ../flight-delay#release',
      'dev --model flight-delay=https://git.example.com/flight-delay.git#main',
      'dev --workers 2 --home /tmp/slipway --port 7600',
    ],
    '0 stopped; 2 usage, configuration, or it runs already; 9 something could not be started; 130 interrupted while starting',
  );
};

interface Options {
  readonly model?: readonly string[];
  readonly repository?: readonly string[];
  readonly clock: string;
  readonly workers: string;
  readonly port?: string;
  readonly temporalPort?: string;
  readonly temporalUiPort?: string;
  readonly storePort?: string;
}

const dev = async (cli: Cli, options: Options, start: StartDev): Promise<number> => {
  const home = resolve(cli.home);
  const stopping = untilStopped();
  const request: DevRequest = {
    home,
    workers: count(options.workers, '--workers', 1, 16),
    ports: portsOf(options),
    models: await watchedModels(options),
    say: (text) => cli.out.note(text),
  };
  let running: RunningDev;
  try {
    running = await start(request, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    cli.out.note('interrupted; everything that had started has ended');
    return 130;
  }
  const { url, environments, lost, webUi } = running;
  cli.out.result({ url, environments, lost, ...(webUi === undefined ? {} : { webUi }), home }, () =>
    [
      `API               ${url} (reports: slipway release report --open)`,
      ...(webUi === undefined ? [] : [`Temporal Web UI   ${webUi}`]),
      ...environments.map(
        ({ name, url: at, grpc }, index) =>
          `${index === 0 ? 'Predictions       ' : '                  '}${at} (${name}${grpc === undefined ? '' : `; gRPC ${grpc}`})`,
      ),
      `Home              ${home} (slipway.config.yaml, credentials, logs)`,
      lost ? 'Models that were deployed serve, and nothing else moves. Stop with Ctrl-C.' : 'Ready. Stop with Ctrl-C.',
    ].join('\n'),
  );
  if (lost) {
    const { meaning, action } = ERRORS.temporal_empty;
    cli.out.note(`temporal_empty: ${meaning}\n${action}`);
  }
  await stopping.first;
  cli.out.note('stopping: workers drain first (Ctrl-C again ends everything at once)');
  void stopping.second.then(() => running.kill());
  await running.stop();
  cli.out.note('stopped');
  return 0;
};

/** The first request to stop is orderly, the second is not. */
const untilStopped = (): {
  readonly signal: AbortSignal;
  readonly first: Promise<void>;
  readonly second: Promise<void>;
} => {
  const controller = new AbortController();
  let again: () => void = () => undefined;
  const second = new Promise<void>((done) => (again = done));
  const asked = (): void => (controller.signal.aborted ? again() : controller.abort());
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, asked);
  const first = new Promise<void>((done) => controller.signal.addEventListener('abort', () => done(), { once: true }));
  return { signal: controller.signal, first, second };
};

const OPTION_OF = {
  api: '--port',
  temporal: '--temporal-port',
  temporalUi: '--temporal-ui-port',
  store: '--store-port',
} as const;

const portsOf = (options: Options): DevRequest['ports'] => {
  const given = {
    api: options.port,
    temporal: options.temporalPort,
    temporalUi: options.temporalUiPort,
    store: options.storePort,
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, count(text, OPTION_OF[name as keyof typeof OPTION_OF], 1, 65_535)]],
    ),
  );
};

const count = (text: string, name: string, least: number, most: number): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new SlipwayError('usage', `${name} must be ${least} to ${most}, not ${text}`);
  return value;
};
