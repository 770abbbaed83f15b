import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BackupSeal } from '../../domain/backup/backup.js';
import type { LedgerAudit } from '../../domain/ledger/auditLedger.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { bytes, short, when } from '../output.js';
import type { Run } from '../run.js';

interface Choice {
  readonly keys?: string;
  readonly number?: number;
}

/** What the entry file hands over. */
export interface Backups {
  take(
    directory: string,
    options: { readonly privateKeys: boolean; readonly homeOnly: boolean },
  ): Promise<BackupSeal & { readonly copied: number; readonly copiedObjects: number }>;
  verify(directory: string, choice: Choice): Promise<{ readonly seal: BackupSeal; readonly ledger?: LedgerAudit }>;
  restore(directory: string, choice: Choice): Promise<BackupSeal & { readonly missing: readonly string[] }>;
}

export type OpenBackups = (cli: Cli) => Promise<Backups>;

const STORE = 'The store is that of SLIPWAY_STORE_ENDPOINT with its keys, or the one of `slipway dev` in this home.';
const KEYS = 'public keys to trust; else keys/public.json of the home, else those in the backup';

export const backupCommands = (program: Command, run: Run, open: OpenBackups): void => {
  explain(
    program
      .command('backup <folder>')
      .description('copy ledger, store and home into a folder; what is there already is not copied again')
      .option('--private-keys', 'with the keys that sign: whoever has the folder can then speak as this installation')
      .option('--home-only', 'the home alone, where the signer or a serving node has one of its own')
      .option('--verify', 'copy nothing: hash every byte of a backup, and audit the ledger in it')
      .option('--number <n>', 'with --verify: this backup of the folder; else the newest')
      .option('--keys <file>', `with --verify: ${KEYS}`)
      .addHelpText('after', `\n${STORE} The installation may run meanwhile.`)
      .action(run(((cli: Cli, folder: string, options: Options) => backup(cli, open, folder, options)) as never)),
    ['backup ../slipway-backup', 'backup ../slipway-backup --private-keys', 'backup ../slipway-backup --verify'],
    '0 done; 1 bytes or ledger are not what was written: there is no new backup; 2 usage; 9 the store does not answer',
  );
  explain(
    program
      .command('restore <folder>')
      .description('fill an empty home and empty buckets with a backup, after verifying it')
      .option('--number <n>', 'this backup of the folder; else the newest')
      .option('--keys <file>', KEYS)
      .addHelpText(
        'after',
        '\nThe store is that of SLIPWAY_STORE_ENDPOINT with its keys, else one is made in the home. Nothing that is there is written over.',
      )
      .action(run(((cli: Cli, folder: string, options: Options) => restore(cli, open, folder, options)) as never)),
    ['restore ../slipway-backup', 'restore ../slipway-backup --number 3 --keys public.json'],
    '0 restored and verified; 1 the backup is damaged; 2 usage, or something is there already; 8 no backup; 9 unreachable',
  );
};

interface Options {
  readonly privateKeys?: boolean;
  readonly homeOnly?: boolean;
  readonly verify?: boolean;
  readonly number?: string;
  readonly keys?: string;
}

const backup = async (cli: Cli, open: OpenBackups, folder: string, options: Options): Promise<void> => {
  const backups = await open(cli);
  if (options.verify === true) return verify(cli, backups, folder, options);
  if (options.number !== undefined || options.keys !== undefined)
    throw new SlipwayError('usage', '--number and --keys belong to --verify');
  const { privateKeys = false, homeOnly = false } = options;
  const taken = await backups.take(folder, { privateKeys, homeOnly });
  cli.out.result({ folder, ...taken }, (done) =>
    [
      `backup ${done.number} is complete: ${about(done)}; ${done.copiedObjects} objects were new (${bytes(done.copied)})`,
      ...ledgerOf(done),
      done.privateKeys
        ? 'it holds the private keys: keep the folder where nobody else can read it'
        : 'it holds no private keys: keep those of the home apart, or nothing can be signed after a restore',
    ].join('\n'),
  );
};

const verify = async (cli: Cli, backups: Backups, folder: string, options: Options): Promise<void> => {
  const { seal, ledger } = await backups.verify(folder, choiceOf(options));
  const audited = ledger === undefined ? {} : { entries: ledger.entries, streams: ledger.streams };
  cli.out.result({ folder, ...seal, ...audited }, (found) =>
    [
      `backup ${found.number} of ${when(found.at)} is what was copied: ${about(found)}`,
      ...(ledger === undefined
        ? []
        : [`its ledger is unbroken: ${ledger.entries} entries in ${ledger.streams} streams`]),
    ].join('\n'),
  );
};

const restore = async (cli: Cli, open: OpenBackups, folder: string, options: Options): Promise<void> => {
  const restored = await (await open(cli)).restore(folder, choiceOf(options));
  cli.out.result({ home: cli.home, ...restored }, (done) =>
    [
      `${done.home} is as it was at ${when(done.at)}: ${about(done)}, each verified`,
      ...(done.missing.length === 0
        ? []
        : ['before anything starts, put back from where you keep them:', ...done.missing.map((path) => `  ${path}`)]),
      'then start it, and where the database of Temporal is a new one: slipway recover',
    ].join('\n'),
  );
};

const about = ({ objects, files, bytes: size }: BackupSeal): string =>
  `${objects} objects and ${files} files, ${bytes(size)}`;

const ledgerOf = ({ checkpoint }: BackupSeal): readonly string[] =>
  checkpoint === undefined ? [] : [`its ledger is unbroken; newest checkpoint ${short(checkpoint)}`];

const choiceOf = ({ number, keys }: Options): Choice => {
  if (number !== undefined && !/^[1-9]\d{0,8}$/.test(number))
    throw new SlipwayError('usage', `${number} is no number of a backup`);
  return { ...(number === undefined ? {} : { number: Number(number) }), ...(keys === undefined ? {} : { keys }) };
};
