import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import type { Run } from '../run.js';

interface Label {
  readonly predictionId: string;
  readonly label: number;
  readonly observedAt: number;
}

/** The API takes 100,000 in one batch, and 16 MiB. */
const BATCH = 50_000;

export const labelCommands = (program: Command, run: Run): void => {
  const labels = program.command('labels').description('what turned out true of predictions');
  explain(
    labels
      .command('import <model> <environment> <file>')
      .description(
        'send labels: lines of JSON {predictionId, label, observedAt}, or CSV with prediction_id, label, observed_at',
      )
      .action(run(importLabels as never)),
    [
      'labels import flight-delay production labels.ndjson --as oncall',
      'labels import flight-delay production labels.csv --as oncall',
    ],
    '0 all are stored (sending them again stores nothing twice); 2 a line is wrong; 3 refused; 9 unreachable',
  );
};

const importLabels = async (cli: Cli, model: string, environment: string, file: string): Promise<void> => {
  const api = cli.api();
  const path = `/api/v1/models/${encodeURIComponent(model)}/environments/${encodeURIComponent(environment)}/labels`;
  let [sent, batches] = [0, 0];
  const send = async (batch: readonly Label[]): Promise<void> => {
    await api.post(path, { labels: batch });
    sent += batch.length;
    batches += 1;
    cli.out.progress(`${sent} labels sent`);
  };
  let batch: Label[] = [];
  for await (const label of readLabels(file)) {
    batch.push(label);
    if (batch.length < BATCH) continue;
    await send(batch);
    batch = [];
  }
  if (batch.length > 0) await send(batch);
  cli.out.result({ labels: sent, batches }, () => `${sent} labels of ${model} in ${environment} are stored`);
};

async function* readLabels(file: string): AsyncGenerator<Label> {
  const input = await open(file).catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError('usage', `${file} cannot be read: ${cause.code}`, {}, { cause });
  });
  const csv = file.endsWith('.csv');
  let columns: readonly string[] | undefined;
  let number = 0;
  for await (const line of input.readLines()) {
    number += 1;
    if (line.trim() === '') continue;
    if (csv && columns === undefined) columns = headOf(line, file);
    else yield parseLabel(csv ? fromCsv(line, columns ?? []) : fromJson(line), `${file}:${number}`);
  }
}

const headOf = (line: string, file: string): readonly string[] => {
  const columns = line.split(',').map((word) => word.trim());
  const missing = ['prediction_id', 'label', 'observed_at'].filter((name) => !columns.includes(name));
  if (missing.length === 0) return columns;
  throw new SlipwayError('usage', `${file}:1: has no column ${missing.join(', ')}`);
};

const fromCsv = (line: string, columns: readonly string[]): Readonly<Record<string, unknown>> => {
  const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
  const instant = cell('observed_at');
  return {
    predictionId: cell('prediction_id'),
    label: /^[01]$/.test(cell('label')) ? Number(cell('label')) : undefined,
    observedAt: /^\d+$/.test(instant) ? Number(instant) : Date.parse(instant),
  };
};

const fromJson = (line: string): Readonly<Record<string, unknown>> => {
  try {
    return (JSON.parse(line) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
};

const parseLabel = ({ predictionId, label, observedAt }: Readonly<Record<string, unknown>>, place: string): Label => {
  if (
    typeof predictionId !== 'string' ||
    predictionId === '' ||
    (label !== 0 && label !== 1) ||
    !Number.isSafeInteger(observedAt)
  ) {
    throw new SlipwayError(
      'usage',
      `${place}: expected predictionId, label 0 or 1, and observedAt in epoch milliseconds`,
    );
  }
  return { predictionId, label, observedAt: observedAt as number };
};
