import type { Command } from 'commander';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { ERRORS } from '../../domain/errors/table.js';
import type { LedgerAudit } from '../../domain/ledger/auditLedger.js';
import { releaseStory, rolloutsOf, type StoryLine } from '../../domain/ledger/releaseStory.js';
import type { LedgerArchive } from '../../ports/ledgerArchive.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { short, when } from '../output.js';
import { labelsIn, named } from '../peopleNamed.js';
import { chooseByBeginning } from '../releaseNames.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

/** Where a ledger is read from, and whose signatures count. */
export interface LedgerSource {
  readonly folder?: string;
  readonly keys?: string;
}

export interface OpenedLedger extends LedgerArchive {
  readonly where: string;
  /** IDs of the ledger keys that are trusted, and where they were had. */
  readonly keyids: readonly string[];
  readonly keysFrom: string;
  /** The keys come from the bucket that they are to judge. */
  readonly selfSigned: boolean;
}

export type OpenLedger = (cli: Cli, source: LedgerSource) => Promise<OpenedLedger>;

const OFFLINE =
  'Reads the bucket of the ledger, or a copy of it, and nothing else: neither Temporal nor the API has to be there. The store is that of SLIPWAY_STORE_ENDPOINT with its keys, or the one of `slipway dev` in this home.';

export const auditCommands = (program: Command, run: Run, open: OpenLedger): void => {
  const audit = program.command('audit').description('what happened, from the ledger alone');
  const from = (command: Command): Command =>
    command
      .option('--folder <path>', "a copy of the ledger's bucket instead of the store")
      .option('--keys <file>', 'public keys to trust; else keys/public.json of the home, else those in the bucket')
      .addHelpText('after', `\n${OFFLINE}`);
  explain(
    from(
      audit
        .command('verify')
        .description('check every chain, checkpoint and signature of the ledger')
        .option('--checkpoint <digest>', 'a checkpoint that was kept elsewhere: it must be among those found'),
    ).action(run(((cli: Cli, options: VerifyOptions) => verify(cli, open, options)) as never)),
    ['audit verify', 'audit verify --folder ledger-copy --keys public.json', 'audit verify --json'],
    '0 nothing was changed; 1 faults were found, each is named; 2 usage; 8 there is no such folder or file; 9 the store does not answer',
  );
  explain(
    from(audit.command('show <release>').description('the story of one release')).action(
      run(((cli: Cli, typed: string, options: LedgerSource) => show(cli, open, typed, options)) as never),
    ),
    ['audit show latest', 'audit show 4f1c --folder ledger-copy --json'],
    '0 shown; 1 what is shown was changed; 8 no such release; 9 the store does not answer',
  );
};

interface VerifyOptions extends LedgerSource {
  readonly checkpoint?: string;
}

const verify = async (cli: Cli, open: OpenLedger, options: VerifyOptions): Promise<number> => {
  const { checkpoint } = options;
  if (checkpoint !== undefined && !/^sha256:[0-9a-f]{64}$/.test(checkpoint))
    throw new SlipwayError('usage', `${checkpoint} is no digest: sha256: and 64 hex digits`);
  const ledger = await open(cli, options);
  cli.out.progress('reading every entry of the ledger');
  const audit = await ledger.audit(checkpoint === undefined ? {} : { known: checkpoint as Digest });
  const { where, keyids, keysFrom, selfSigned } = ledger;
  cli.out.result({ ...audit, where, keyids, keysFrom, selfSigned }, (found) => renderAudit(found, ledger));
  return audit.ok ? 0 : ERRORS.ledger_tampered.exit;
};

const renderAudit = (audit: LedgerAudit, { where, keyids, keysFrom, selfSigned }: OpenedLedger): string =>
  [
    `${audit.ok ? 'Nothing was changed' : `${audit.faults.length} faults`}: ${audit.entries} entries in ${audit.streams} streams, ${audit.checkpoints} checkpoints, in ${where}`,
    `signed by ${keyids.map(short).join(', ') || 'nobody'}, known from ${keysFrom}`,
    ...(selfSigned
      ? [
          'the keys are those in the bucket itself: compare their IDs with ones that were kept elsewhere, or give --keys',
        ]
      : []),
    ...(audit.unsigned === 0 ? [] : [`${audit.unsigned} entries are newer than the checkpoints over their streams`]),
    ...(audit.newest === undefined
      ? []
      : [`newest checkpoint: ${audit.newest.seq}, ${when(audit.newest.at)}, ${audit.newest.digest}`]),
    ...(audit.ok
      ? []
      : [
          '',
          table(
            ['Fault', 'Where', 'What'],
            audit.faults.map(({ kind, stream, reason }) => [
              kind,
              stream ?? (kind === 'key_foreign' ? 'bucket' : 'checkpoints'),
              reason,
            ]),
          ),
        ]),
  ].join('\n');

const show = async (cli: Cli, open: OpenLedger, typed: string, options: LedgerSource): Promise<number> => {
  const ledger = await open(cli, options);
  const releaseId = `release/${await findStream(ledger, typed)}`;
  const model = releaseId.split('/')[1] ?? '';
  const environmentStreams = await ledger.streams(`ledger/environment/${model}/`);
  const read = async (streams: readonly string[]) => (await Promise.all(streams.map((one) => ledger.read(one)))).flat();
  const environments = await read(environmentStreams);
  const rollouts = rolloutsOf(releaseId, environments);
  const story = releaseStory(releaseId, await read([releaseId]), environments, await read(rollouts));
  const { ok, faults } = await ledger.audit({ only: [releaseId, ...environmentStreams, ...rollouts] });
  // The ledger has no labels, and must not: what is written there stays. Without an API names stay names.
  const labels = await labelsIn({ get: async <T>(path: string) => cli.api().get<T>(path) }, story);
  cli.out.result({ releaseId, verified: ok, faults, story }, () =>
    renderStory(releaseId, named(story, labels), faults),
  );
  return ok ? 0 : ERRORS.ledger_tampered.exit;
};

const findStream = async (ledger: OpenedLedger, typed: string): Promise<string> => {
  const names = (await ledger.streams('ledger/release/')).map((stream) => stream.replace(/^release\//, ''));
  const ofModel = names.filter((name) => name.startsWith(`${typed}/`));
  const candidates = typed === 'latest' ? names : ofModel;
  if (typed !== 'latest' && ofModel.length === 0) return chooseByBeginning(names, typed.replace(/^release\//, ''));
  const begun = await Promise.all(
    candidates.map(async (name) => ({ name, at: (await ledger.read(`release/${name}`))[0]?.at ?? 0 })),
  );
  const newest = begun.sort((a, b) => b.at - a.at)[0];
  if (newest === undefined) throw new SlipwayError('not_found', `the ledger in ${ledger.where} has no release`);
  return newest.name;
};

const renderStory = (releaseId: string, story: readonly StoryLine[], faults: LedgerAudit['faults']): string =>
  [
    releaseId,
    table(
      ['At', 'Entry', 'What'],
      story.map(({ at, stream, seq, what }) => [
        when(at),
        `${
          stream === releaseId
            ? 'release'
            : stream
                .split('/')
                .filter((_, index) => index !== 1)
                .join('/')
        } ${seq}`,
        what.split('\n')[0],
      ]),
    ),
    faults.length === 0
      ? 'these entries are what was written'
      : `these entries were changed:\n${faults.map(({ kind, reason }) => `  ${kind}: ${reason}`).join('\n')}`,
  ].join('\n');
