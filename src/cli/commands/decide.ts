import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { DECISION_KINDS, missingReason, type Decision } from '../../domain/approval/decisionKinds.js';
import type { InputValues } from '../../domain/approval/inputs.js';
import { sayStep } from '../../domain/approval/sayStep.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { WaitingView } from '../../domain/release/types.js';
import type { ApiClient } from '../apiClient.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { firstLine, shortRelease, when } from '../output.js';
import { askInputs, readInputs } from '../askInputs.js';
import { labelsIn, named } from '../peopleNamed.js';
import { findRelease, listWaiting, nameOf, onlyOf } from '../releaseNames.js';
import type { ShownRelease } from '../renderRelease.js';
import type { Run } from '../run.js';
import { showEvidence } from '../showEvidence.js';
import { table } from '../table.js';

interface DecideOptions {
  readonly reason?: string;
  readonly env?: string;
  readonly evidence?: string;
  readonly input?: readonly string[];
  readonly to?: string;
  readonly yes?: boolean;
  readonly printToken?: boolean;
}

const EXITS =
  '0 the decision counts; 2 usage, or no reason where one is needed; 3 refused, with the rule; 8 not found; 9 unreachable; 130 not decided';

export const decideCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('approvals')
      .description('what waits for a decision')
      .option('--model <name>', 'of one model')
      .action(run(approvals as never)),
    ['approvals --as reviewer', 'approvals --json'],
  );
  const decision = (name: Decision, description: string, examples: readonly string[]): Command => {
    const command = program.command(`${name} [release|model]`).description(description);
    if (name === 'approve') command.option('--input <name=value...>', 'answers to what the environment asks');
    explain(
      command
        .option('--reason <text>', 'why; to reject and to ask for changes needs one')
        .option('--env <name>', 'refuse when the release waits for another environment')
        .option('--evidence <digest>', 'refuse when the release waits with other evidence than this')
        .option('--yes', 'do not ask, also in a terminal')
        .option('--print-token', 'print the signed text, to paste into the signal form of the Temporal Web UI')
        .action(
          run(((cli: Cli, typed: string | undefined, given: DecideOptions) =>
            decide(cli, name, typed, given)) as never),
        ),
      examples,
      EXITS,
    );
    return command;
  };
  decision('approve', 'let a release enter the environment it waits for', [
    'approve flight-delay --as reviewer',
    'approve 4f1c --as reviewer --yes',
    'approve flight-delay --input ticket=OPS-12 --as reviewer',
    'approve latest --print-token --as reviewer',
  ]);
  decision('reject', 'end a release that waits', ['reject latest --reason "slices are worse" --as reviewer']);
  decision('request-changes', 'ask the author for changes; the release waits, and cannot be approved meanwhile', [
    'request-changes flight-delay --reason "say in the card what changed" --as reviewer',
  ]);
  decision('withdraw', 'take back what you decided on a release that still waits', [
    'withdraw flight-delay --as reviewer',
  ]);
  decision('delegate', 'hand your place to another person, for this release', [
    'delegate flight-delay --to colleague --as reviewer',
    'delegate 4f1c --to colleague --reason "on leave from tomorrow" --as reviewer',
  ]).requiredOption('--to <identity>', 'who decides in your place');
};

interface Waiting {
  readonly releaseId: string;
  readonly model?: string;
  readonly environment?: string;
  readonly since?: number;
  readonly remindAt?: number;
  readonly expireAt?: number;
  readonly ladder?: WaitingView['ladder'];
  readonly stands?: string;
  /** Of a break-glass that waits for its second person, to who may be that. */
  readonly glass?: readonly string[];
  readonly mine: boolean;
  readonly decided?: boolean;
}

const approvals = async (cli: Cli, options: { readonly model?: string }): Promise<void> => {
  const api = cli.api();
  const waiting = { approvals: await listWaiting<Waiting>(api, options.model, { known: true }) };
  const labels = await labelsIn(
    api,
    waiting.approvals.map(({ stands, glass }) => ({ stands, glass })),
  );
  cli.out.result(waiting, (shown) => {
    const { approvals: all } = named(shown, labels);
    return [
      table(
        ['For you', 'Release', 'Enters', 'Since', 'So far', 'Next', 'Expires'],
        all.map((one) => [
          forYou(one),
          shortRelease(one.releaseId),
          one.environment,
          when(one.since),
          firstLine(one.stands, 100),
          nextOf(one),
          when(one.expireAt),
        ]),
        { empty: 'nothing waits for a decision' },
      ),
      ...all.flatMap(({ releaseId, glass = [] }) => glass.map((line) => `${shortRelease(releaseId)}: ${line}`)),
    ].join('\n');
  });
};

const forYou = ({ mine, decided }: Waiting): string => (decided === true ? 'decided' : mine ? 'yes' : 'no');

/** The step that comes next; empty where only the end is ahead. A wait from before there were ladders has reminders. */
const nextOf = ({ ladder, remindAt, expireAt }: Waiting): string => {
  const next = ladder?.find(({ taken }) => !taken);
  if (next !== undefined) return `${sayStep(next)}, ${when(next.at)}`;
  const reminds = ladder === undefined && remindAt !== undefined && remindAt < (expireAt ?? Infinity);
  return reminds ? `reminder, ${when(remindAt)}` : '';
};

const decide = async (
  cli: Cli,
  decision: Decision,
  typed: string | undefined,
  options: DecideOptions,
): Promise<number> => {
  const api = cli.api();
  const name = await chooseWaiting(cli, api, typed);
  if (name === undefined) return undecided(cli);
  const asks = cli.out.interactive && options.yes !== true && options.printToken !== true;
  const reason = options.reason ?? (asks && DECISION_KINDS[decision].needsReason ? await askReason(decision) : '');
  if (reason === undefined) return undecided(cli);
  const evidence = asks ? await showEvidence(cli, api, name) : options.evidence;
  if (options.evidence !== undefined && evidence !== options.evidence)
    throw new SlipwayError(
      'evidence_not_shown',
      `${name} waits with ${String(evidence)}, not with ${options.evidence}`,
    );
  const inputs = await inputsOf(api, name, options, asks && decision === 'approve');
  if (inputs === undefined || (asks && !(await agreed(name, decision)))) return undecided(cli);
  const to = options.to === undefined ? {} : { to: options.to };
  const body = {
    decision,
    reason,
    ...inputs,
    ...to,
    ...(options.env === undefined ? {} : { environment: options.env }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  const path = `/api/v1/releases/${name}/decisions`;
  if (options.printToken === true) {
    const token = await api.post<{ statement: string; workflowId: string; expiresAt?: number }>(`${path}/token`, body);
    cli.out.note(
      `send the signal decide to ${token.workflowId} with this argument, until ${when(token.expiresAt)} UTC:`,
    );
    cli.out.result(token, ({ statement }) => JSON.stringify({ statement }));
    return 0;
  }
  const receipt = await api.post<Receipt>(path, body, randomUUID());
  cli.out.result(receipt, (given) => `${name}: the decision counts; ${sayState(given)}`);
  return 0;
};

interface Receipt {
  readonly state: string;
  readonly stands?: string;
}

const sayState = ({ state, stands }: Receipt): string => {
  if (state !== 'waiting') return `the release is ${state}`;
  return stands === undefined ? 'the release is waiting for more' : `the release is waiting: so far ${stands}`;
};

/** What is sent of the answers; nothing where none were given and none are to be asked for. Undefined: not answered. */
const inputsOf = async (
  api: ApiClient,
  name: string,
  { input = [] }: DecideOptions,
  asks: boolean,
): Promise<{ readonly inputs?: InputValues } | undefined> => {
  if (input.length === 0 && !asks) return {};
  const { waiting } = await api.get<ShownRelease>(`/api/v1/releases/${name}`);
  const given = readInputs(input, waiting?.inputs);
  const inputs = asks ? await askInputs(waiting?.inputs ?? {}, given) : given;
  return inputs === undefined ? undefined : Object.keys(inputs).length === 0 ? {} : { inputs };
};

const undecided = (cli: Cli): number => {
  cli.out.note('nothing was decided');
  return 130;
};

/** What was named; where a model was, or nothing, a release that waits: in a terminal of several the one chosen. */
const chooseWaiting = async (cli: Cli, api: ApiClient, typed: string | undefined): Promise<string | undefined> => {
  if (typed !== undefined && (typed === 'latest' || typed.includes('/'))) return findRelease(api, typed);
  const waiting = await listWaiting<Waiting>(api, typed);
  if (waiting.length > 1 && cli.out.interactive) return chooseFrom(waiting);
  const only = onlyOf(waiting);
  if (only !== undefined) return only;
  if (typed === undefined) throw new SlipwayError('not_waiting', 'no release waits for a decision');
  const { models } = await api.get<{ models: readonly { name: string }[] }>('/api/v1/models');
  if (models.some((model) => model.name === typed)) {
    throw new SlipwayError('not_waiting', `no release of ${typed} waits for a decision`);
  }
  return findRelease(api, typed);
};

const chooseFrom = async (waiting: readonly Waiting[]): Promise<string | undefined> => {
  const { isCancel, select } = await import('@clack/prompts');
  const chosen = await select({
    message: 'Which one?',
    output: process.stderr,
    options: waiting.map((one) => ({
      value: nameOf(one),
      label: `${shortRelease(one.releaseId)} into ${one.environment ?? ''}`,
      hint: `for you: ${forYou(one)}, since ${when(one.since)}`,
    })),
  });
  return isCancel(chosen) ? undefined : chosen;
};

const askReason = async (decision: Decision): Promise<string | undefined> => {
  const { isCancel, text } = await import('@clack/prompts');
  const said = await text({
    message: 'Why?',
    output: process.stderr,
    validate: (value) => missingReason(decision, value ?? ''),
  });
  return isCancel(said) ? undefined : said;
};

const QUESTIONS: Readonly<Record<Decision, (release: string) => string>> = {
  approve: (release) => `Approve ${release}?`,
  reject: (release) => `Reject ${release}?`,
  'request-changes': (release) => `Ask for changes to ${release}?`,
  delegate: (release) => `Hand your place on ${release} to another?`,
  withdraw: (release) => `Take back what you decided on ${release}?`,
};

const agreed = async (name: string, decision: Decision): Promise<boolean> => {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: QUESTIONS[decision](name),
    initialValue: false,
    output: process.stderr,
  });
  return !isCancel(answer) && answer;
};
