/** Is a dvc.yaml the same graph to us as to DVC? On request: it installs DVC, and asks it once for each graph. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { readDvc } from '../../src/contract/dvc/readDvc.js';
import { stepName } from '../../src/contract/dvc/readStages.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';

const GRAPHS = 20;
const PORTS = ['north', 'South_2', 'b.1'] as const;

type Edge = readonly [from: string, to: string];

describe('a dvc.yaml, read by us and by DVC', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-dvc-'));
  let dvc: (...words: readonly string[]) => string;
  before(async () => {
    const peers = (await import(new URL('../../../bench/peers.mjs', import.meta.url).href)) as {
      readonly installPeer: (name: string, packages: readonly string[]) => (program: string) => string;
    };
    const program = peers.installPeer('dvc', ['dvc'])('dvc');
    dvc = (...words) =>
      execFileSync(program, words, {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: folder, DVC_NO_ANALYTICS: '1' },
      });
    dvc('init', '--no-scm', '--quiet');
    writeFileSync(join(folder, 'rows.csv'), '1\n');
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (let seed = 0; seed < GRAPHS; seed += 1)
    it(`has the same stages, commands and needs: graph ${seed}`, () => {
      const values = { train: { trees: 60 }, ports: Object.fromEntries(PORTS.map((port, at) => [port, { tide: at }])) };
      const written = { 'params.yaml': stringify(values), 'dvc.yaml': stringify(randomStages(seed)) };
      for (const [path, text] of Object.entries(written)) writeFileSync(join(folder, path), text);
      const made = readDvc(written['dvc.yaml'], 'dvc.yaml', (path) => (written as Record<string, string>)[path]);
      assert.ok(made.ok, JSON.stringify(made));
      const ours = made.build.steps;
      const theirs = namesOf(dvc('stage', 'list', '--name-only'));
      assert.deepEqual(ours.map(({ name }) => name).sort(), theirs.map(stepName).sort());
      const needs = ours.flatMap(({ name, needs: all = [] }) => all.map((need): Edge => [need, name]));
      assert.deepEqual(sorted(needs), sorted(edgesOf(dvc('dag', '--dot'))));
      assert.deepEqual(new Map(ours.map(({ name, run }) => [name, run])), commandsOf(dvc('repro', '--dry', '--force')));
    });
});

const namesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** `"a" -> "b";`: b reads what a writes. */
const edgesOf = (dot: string): readonly Edge[] =>
  [...dot.matchAll(/"([^"]+)" -> "([^"]+)"/g)].map(([, from = '', to = '']) => [stepName(from), stepName(to)]);

/** What it would run, as it says: `Running stage 'a':`, and the command behind `> ` on the next line. */
const commandsOf = (said: string): ReadonlyMap<string, string> =>
  new Map(
    [...said.matchAll(/Running stage '([^']+)':\n> (.*)/g)].map(([, name = '', run = '']) => [stepName(name), run]),
  );

const sorted = (edges: readonly Edge[]): readonly string[] => edges.map((edge) => edge.join(' > ')).sort();

/** Four to nine stages, plain ones, one for each of a list or a mapping, and matrices; each reads some of those before it. */
const randomStages = (seed: number): unknown => {
  const next = randomStream(`dvc ${seed}`);
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const files: string[] = ['rows.csv'];
  const stages: Record<string, unknown> = {};
  const count = 4 + Math.floor(next() * 6);
  for (let at = 0; at < count; at += 1) {
    const name = `${oneOf(['train', 'Fit_all', 'rows'])}${at}`;
    const deps = [...new Set([oneOf(files), oneOf(files)])];
    const kind = oneOf(['plain', 'plain', 'list', 'mapping', 'matrix']);
    if (kind === 'plain') {
      stages[name] = { cmd: `make ${at} --trees \${train.trees}`, deps, outs: [`out/${at}`], params: ['train.trees'] };
      files.push(`out/${at}/part`, `out/${at}`);
    } else if (kind === 'matrix') {
      const matrix = { depth: [3, 5], kind: ['tree', 'line'] };
      stages[name] = { matrix, cmd: 'fit ${item.kind} ${item.depth}', deps, outs: [`out/${at}/\${key}`] };
      files.push(`out/${at}/3-tree`, `out/${at}/5-line`);
    } else {
      const foreach = kind === 'list' ? [...PORTS] : '${ports}';
      const port = kind === 'list' ? '${item}' : '${key}';
      stages[name] = { foreach, do: { cmd: `get ${port}`, deps, outs: [`out/${at}/${port}`] } };
      files.push(...PORTS.map((one) => `out/${at}/${one}`));
    }
  }
  return { stages };
};
