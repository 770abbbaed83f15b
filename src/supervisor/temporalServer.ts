import { Connection } from '@temporalio/client';
import type { ServerCommand } from './serverCommand.js';

/** Names and types of the search attributes that the workflows use (`workflows/messages.ts`; a test compares them). */
export const TEMPORAL_SEARCH_ATTRIBUTES: readonly string[] = [
  'SlipwayModel',
  'SlipwayEnvironment',
  'SlipwayStage',
  'SlipwayCommit',
  'SlipwayVerdict',
];

/** The development server keeps closed workflows for a day; a release is looked at for longer. */
const RETENTION_SECONDS = 90 * 24 * 3600;
const POLL_MS = 50;

export interface TemporalServerOptions {
  readonly binary: string;
  readonly port: number;
  /** SQLite file that keeps workflows and schedules over restarts; without one all is lost at the end. */
  readonly dbFile?: string;
  /** Port of the Web UI; without one there is no UI. */
  readonly uiPort?: number;
  readonly host?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'never';
  /** More dynamic configuration, `key=<JSON value>`. */
  readonly dynamicConfig?: readonly string[];
}

/**
 * Command line of Temporal's development server. As it comes, one history shard is polled 20 times a second, so that
 * every task waits 50 ms: the poll rates lift that. SQLite in WAL mode with `synchronous=NORMAL` survives kill -9 of the
 * server; the last transactions can be lost with the power.
 */
export const temporalServerCommand = (options: TemporalServerOptions): ServerCommand => {
  const { binary, port, dbFile, uiPort, host = '127.0.0.1', logLevel = 'warn', dynamicConfig = [] } = options;
  const each = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);
  return {
    command: binary,
    args: [
      ...['server', 'start-dev', '--ip', host, '--port', String(port), '--namespace', 'default'],
      ...['--log-format', 'json', '--log-level', logLevel],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
      ...each('--dynamic-config-value', [
        'history.transferProcessorMaxPollRPS=1000',
        'history.timerProcessorMaxPollRPS=1000',
        ...dynamicConfig,
      ]),
      ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
      ...(dbFile === undefined ? [] : each('--sqlite-pragma', ['journal_mode=WAL', 'synchronous=NORMAL'])),
      ...each(
        '--search-attribute',
        TEMPORAL_SEARCH_ATTRIBUTES.map((name) => `${name}=Keyword`),
      ),
    ],
    env: {},
  };
};

/**
 * Waits until the server at `address` answers, its namespace is there, and the search attributes are registered, then
 * sets how long closed workflows are kept. Throws the last problem when `signal` aborts.
 */
export const temporalReady = async (address: string, signal: AbortSignal, namespace = 'default'): Promise<void> => {
  let problem: unknown = new Error('was not tried');
  while (!signal.aborted) {
    try {
      await prepare(address, namespace);
      return;
    } catch (error) {
      problem = error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  throw new Error(`Temporal at ${address} did not become ready`, { cause: problem });
};

const prepare = async (address: string, namespace: string): Promise<void> => {
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    const described = await connection.workflowService.describeNamespace({ namespace });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = TEMPORAL_SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length > 0) throw new Error(`search attributes are not registered: ${missing.join(', ')}`);
    if (Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) === RETENTION_SECONDS) return;
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: { seconds: RETENTION_SECONDS as never } },
    });
  } finally {
    await connection.close();
  }
};
