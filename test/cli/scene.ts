/** The command line against a small API of the test's own: answers are given per route, and what was asked is kept. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, type ProgramParts } from '../../src/cli/program.js';
import { ERRORS, type ErrorCode } from '../../src/domain/errors/table.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
}

export type Answer =
  { readonly status?: number; readonly json: unknown } | { readonly text: string } | { readonly problem: ErrorCode };

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const COMMIT = `4f1c${'a'.repeat(36)}`;

export const openCliScene = async () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  mkdirSync(join(home, 'credentials'));
  for (const name of ['author', 'reviewer']) writeFileSync(join(home, 'credentials', name), `token-of-${name}\n`);
  const asked: Asked[] = [];
  let answer: (asked: Asked) => Answer = () => ({ problem: 'not_found' });
  const server = createServer((request, response) => {
    void read(request).then((one) => {
      asked.push(one);
      const given = answer(one);
      if ('text' in given) return response.writeHead(200, { 'content-type': 'text/plain' }).end(given.text);
      if ('json' in given) return response.writeHead(given.status ?? 200).end(JSON.stringify(given.json));
      const { status, meaning } = ERRORS[given.problem];
      const body = { code: given.problem, title: meaning, detail: `it is ${given.problem}`, status };
      return response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    home,
    url,
    asked,
    answers: (given: (asked: Asked) => Answer) => {
      asked.length = 0;
      answer = given;
    },
    help: (words: readonly string[]) => help(words, home, url),
    run: (words: readonly string[], parts: Partial<ProgramParts> = {}) => run(words, home, url, parts),
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(home, { recursive: true });
    },
  };
};

/** Commander writes its help by itself. */
const help = async (words: readonly string[], home: string, url: string): Promise<string> => {
  const original = process.stdout.write;
  let text = '';
  process.stdout.write = ((chunk: string) => (text += chunk)) as never;
  try {
    const { exit } = await run([...words, '--help'], home, url, {});
    if (exit !== 0) throw new Error(`slipway ${words.join(' ')} --help ended with ${exit}`);
  } finally {
    process.stdout.write = original;
  }
  return text;
};

const notHere = (): Promise<never> => Promise.reject(new Error('not here'));

const run = async (words: readonly string[], home: string, url: string, parts: Partial<ProgramParts>): Promise<Ran> => {
  let [stdout, stderr] = ['', ''];
  const exit = await runProgram(words, {
    version: '1.2.3',
    surroundings: () => ({ home, url }),
    streams: {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    },
    examine: async () => [],
    termsOf: async () => ({}),
    openArtifacts: () => Promise.reject(new Error('not here')),
    openBackups: () => Promise.reject(new Error('not here')),
    openLedger: () => Promise.reject(new Error('not here')),
    startDev: () => Promise.reject(new Error('not here')),
    tokens: { identities: () => [], issue: notHere, revoke: notHere },
    prove: notHere,
    ...parts,
  });
  return { exit, stdout, stderr };
};

const read = async (request: IncomingMessage): Promise<Asked> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    authorization: request.headers.authorization,
    idempotencyKey: request.headers['idempotency-key'] as string | undefined,
  };
};

export const releaseOf = (more: Readonly<Record<string, unknown>> = {}) => ({
  releaseId: `release/flights/${COMMIT}`,
  model: 'flights',
  repository: 'flights',
  commit: COMMIT,
  order: 1,
  trigger: { kind: 'commit', by: 'author', at: 0 },
  params: {},
  startedAt: 0,
  stages: [
    { name: 'integrate', status: 'passed', startedAt: 0, endedAt: 1500 },
    { name: 'build', status: 'running', startedAt: 1500 },
  ],
  decisions: [],
  ...more,
});

export const summaryOf = (release: string, startedAt = 0, model = 'flights') => ({
  releaseId: `release/${model}/${release}`,
  model,
  commit: release.split('.')[0],
  startedAt,
  running: true,
});
