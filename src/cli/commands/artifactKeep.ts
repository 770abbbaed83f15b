import { basename } from 'node:path';
import type { Command } from 'commander';
import { parseDuration } from '../../contract/names.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Artifacts } from '../artifacts.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { bytes, short, when } from '../output.js';
import { table } from '../table.js';

type Action = (cli: Cli, artifacts: Artifacts, ...words: never[]) => Promise<number | void>;

const DAY_MS = 86_400_000;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What comes in from elsewhere, and what goes. */
export const keepCommands = (
  artifact: Command,
  run: (action: Action) => (...words: never[]) => Promise<void>,
): void => {
  explain(
    artifact
      .command('import <model> <folder>')
      .description('make an artifact of a bare ONNX file, or of the ONNX flavour of an MLflow model')
      .option('--name <model>', 'name of the model; else that of the file or directory')
      .option('--licence <expression>', 'SPDX expression')
      .action(run(take as never) as never),
    ['artifact import model.onnx ./imported --name flight-delay', 'artifact import mlruns/…/model ./imported'],
    '0 done; 1 it is no ONNX that can be loaded; 2 usage; 3 refused: another flavour, a link; 8 not found',
  );
  explain(
    artifact
      .command('gc')
      .description(
        'blobs that no ledger, release, environment or other document names: what would go, or with --yes their end',
      )
      .option('--dry-run', 'say what would go, and delete nothing; so it is without --yes')
      .option('--yes', 'delete')
      .option('--older-than <duration>', 'since it was stored, 1d at least', '7d')
      .action(run(collect as never) as never),
    ['artifact gc --dry-run', 'artifact gc --yes --older-than 30d'],
    '0 done; 2 usage; 9 the store does not answer',
  );
};

const take = async (
  cli: Cli,
  artifacts: Artifacts,
  source: string,
  folder: string,
  options: { readonly name?: string; readonly licence?: string },
): Promise<void> => {
  const name = options.name ?? basename(source).replace(/\.onnx$/, '');
  if (!NAME.test(name)) throw new SlipwayError('usage', `${name} is no name of a model: give one with --name`);
  const made = await artifacts.importModel(source, folder, {
    name,
    ...(options.licence === undefined ? {} : { licence: options.licence }),
  });
  cli.out.result({ digest: made.digest, model: made.model, folder }, (done) =>
    [
      `${done.model} ${done.digest} is in ${done.folder}`,
      'nothing attests where it comes from: it can be shown and pushed, and is never deployed',
    ].join('\n'),
  );
};

const collect = async (
  cli: Cli,
  artifacts: Artifacts,
  options: { readonly dryRun?: boolean; readonly yes?: boolean; readonly olderThan: string },
): Promise<void> => {
  const graceMs = parseDuration(options.olderThan) ?? 0;
  if (graceMs < DAY_MS)
    throw new SlipwayError('usage', `--older-than is a duration from 1d, such as 7d, not ${options.olderThan}`);
  const dryRun = options.yes !== true;
  if (!dryRun && options.dryRun === true) throw new SlipwayError('usage', 'say either --dry-run or --yes');
  cli.out.progress('reading everything that could name a blob');
  const found = await artifacts.collectGarbage({ dryRun, graceMs });
  cli.out.result(found, ({ garbage, blobs, named, bytes: size, abortedUploads }) =>
    [
      `${garbage.length} of ${blobs} blobs ${dryRun ? 'would go' : 'are gone'} (${bytes(size)}); ${named} are named, the rest is too young`,
      `${abortedUploads} uploads that nobody completed ${dryRun ? 'would be given up' : 'were given up'}`,
      ...(garbage.length === 0
        ? []
        : [
            table(
              ['Blob', 'Size', 'Stored'],
              garbage.map((one) => [short(one.digest), bytes(one.size), when(one.at)]),
            ),
          ]),
    ].join('\n'),
  );
};
