import { Command, CommanderError } from 'commander';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ERRORS } from '../domain/errors/table.js';
import { artifactCommands, type OpenArtifacts } from './commands/artifact.js';
import { auditCommands, type OpenLedger } from './commands/audit.js';
import { backupCommands, type OpenBackups } from './commands/backup.js';
import { completionCommand } from './commands/completion.js';
import { complete } from './complete.js';
import { decideCommands } from './commands/decide.js';
import { devCommand, type StartDev } from './commands/dev.js';
import { environmentCommands } from './commands/environment.js';
import { holdCommands } from './commands/hold.js';
import { initCommand } from './commands/init.js';
import { insightCommands } from './commands/insights.js';
import { labelCommands } from './commands/labels.js';
import { localCommands, type Finding, type TermsOf } from './commands/local.js';
import { loginCommands, type ProveIdentity } from './commands/login.js';
import { monitoringCommands } from './commands/monitoring.js';
import { planCommands } from './commands/plan.js';
import { recoverCommand } from './commands/recover.js';
import { releaseCommands } from './commands/release.js';
import { retireCommand } from './commands/retire.js';
import { rollbackCommand } from './commands/rollback.js';
import { rolloutCommands } from './commands/rollout.js';
import { tokenCommands, type TokenStore } from './commands/token.js';
import { createCli, type Cli, type GlobalOptions, type Surroundings } from './context.js';
import { createOutput, type Output, type Streams } from './output.js';
import type { Run } from './run.js';

export interface ProgramParts {
  readonly version: string;
  readonly surroundings: () => Surroundings;
  readonly streams: Streams;
  readonly examine: (cli: Cli) => Promise<readonly Finding[]>;
  readonly termsOf: TermsOf;
  readonly startDev: StartDev;
  readonly tokens: TokenStore;
  readonly prove: ProveIdentity;
  readonly openLedger: OpenLedger;
  readonly openArtifacts: OpenArtifacts;
  readonly openBackups: OpenBackups;
}

const EXIT_CODES = `
Exit codes:
  0 done, promoted or provisional    1 failed                     2 usage, or mistakes in slipway.yaml
  3 refused, by a rule or a person   4 gate failed                5 gate inconclusive
  6 insufficient data                7 gate error                 8 not found
  9 unreachable or timed out         10 superseded, expired or cancelled
  11 rolled back                     130 interrupted
`;

/** @returns the exit code */
export const runProgram = async (words: readonly string[], parts: ProgramParts): Promise<number> => {
  let exit = 0;
  const program = new Command('slipway')
    .description('Durable CI/CD for machine-learning models')
    .version(parts.version)
    .option(
      '--as <identity>',
      'act as a local identity; else SLIPWAY_TOKEN says who, else who logged in, else it is author',
    )
    .option('--url <url>', 'address of the API; else SLIPWAY_URL, else the installation that runs in the home')
    .option('--home <folder>', 'files of the installation; else SLIPWAY_HOME, else .slipway')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .enablePositionalOptions(false)
    .showHelpAfterError('(see --help)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  const run: Run =
    (action) =>
    async (...given) => {
      const options: GlobalOptions = program.opts();
      const out = createOutput(options.json === true, parts.streams);
      try {
        exit = (await action(createCli(options, parts.surroundings(), out), ...(given as never[]))) ?? 0;
      } catch (error) {
        exit = tell(out, error);
      }
    };
  releaseCommands(program, run);
  decideCommands(program, run);
  environmentCommands(program, run);
  rollbackCommand(program, run);
  rolloutCommands(program, run);
  retireCommand(program, run);
  holdCommands(program, run);
  recoverCommand(program, run);
  monitoringCommands(program, run);
  insightCommands(program, run);
  labelCommands(program, run);
  tokenCommands(program, run, parts.tokens);
  loginCommands(program, run, parts.prove);
  artifactCommands(program, run, parts.openArtifacts);
  auditCommands(program, run, parts.openLedger);
  backupCommands(program, run, parts.openBackups);
  initCommand(program, run);
  planCommands(program, run);
  localCommands(program, run, parts.examine, parts.termsOf);
  devCommand(program, run, parts.startDev);
  completionCommand(program, run);
  // Before Commander reads the words: they are somebody else's, and half of one.
  if (words[0] === COMPLETE) return offer(program, words.slice(1), parts);
  allowGlobalOptionsEverywhere(program);
  try {
    await program.parseAsync([...helpWords(program, words)], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // Commander has told the person; a program that asked for JSON gets it also now.
    if (words.includes('--json'))
      writeError(createOutput(true, parts.streams), new SlipwayError('usage', wordsOf(error)));
    return ERRORS.usage.exit;
  }
  return exit;
};

/**
 * `help release show` is `release show --help`; a command that there is none of is told as everywhere else, with what
 * was probably meant. Commander's own help shows everything instead.
 */
const helpWords = (program: Command, words: readonly string[]): readonly string[] => {
  const [first, ...path] = words;
  if (first !== 'help' || path.length === 0 || path.some((word) => word.startsWith('-'))) return words;
  let command = program;
  for (const [index, word] of path.entries()) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) return path.slice(0, index + 1);
    command = child;
  }
  return [...path, '--help'];
};

/** Hidden: what the scripts of `slipway completion` ask. */
const COMPLETE = '__complete';
/** A shell waits for this: names of an API that takes longer are not offered. */
const OFFER_WITHIN_MS = 700;

const offer = async (program: Command, words: readonly string[], parts: ProgramParts): Promise<number> => {
  const after = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return at < 0 || at + 2 > words.length - 1 ? undefined : words[at + 1];
  };
  const [as, url, home] = [after('--as'), after('--url'), after('--home')];
  const given = { ...(as && { as }), ...(url && { url }), ...(home && { home }) };
  const cli = createCli(given, parts.surroundings(), createOutput(false, parts.streams));
  // A shell that completes has no place for what went wrong.
  const get = async <T>(path: string): Promise<T | undefined> => {
    try {
      return await cli.api(OFFER_WITHIN_MS).get<T>(path);
    } catch {
      return undefined;
    }
  };
  const found = await complete(program, words, { home: cli.home, get });
  if (found.length > 0) parts.streams.stdout.write(`${found.join('\n')}\n`);
  return 0;
};

/** Commander has no words for a command that was left out: it shows the help. */
const wordsOf = ({ code, message }: CommanderError): string =>
  code === 'commander.help' ? 'a command is missing; see --help' : message;

/** `slipway approve latest --as reviewer` is what people type: global options may stand behind the command, too. */
const allowGlobalOptionsEverywhere = (program: Command): void => {
  for (const command of commandsBelow(program)) {
    command.exitOverride().showHelpAfterError('(see --help)');
    for (const option of program.options) {
      if (option.long === '--version' || command.options.some((own) => own.long === option.long)) continue;
      command.addOption(option);
      command.on(`option:${option.name()}`, (value: unknown) =>
        program.setOptionValue(option.attributeName(), option.isBoolean() ? true : value),
      );
    }
  }
};

const commandsBelow = (command: Command): readonly Command[] =>
  command.commands.flatMap((child) => [child, ...commandsBelow(child)]);

const tell = (out: Output, error: unknown): number => {
  out.endProgress();
  const known =
    error instanceof SlipwayError
      ? error
      : new SlipwayError('internal', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const { action, exit } = ERRORS[known.code];
  if (out.json) writeError(out, known);
  out.note(`${known.code}: ${known.message}\n${action}`);
  return exit;
};

const writeError = (out: Output, { code, message, details }: SlipwayError): void =>
  out.result({ error: { ...details, code, message, action: ERRORS[code].action } }, () => '');
