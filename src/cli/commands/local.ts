import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseSpec } from '../../contract/spec/parseSpec.js';
import { againstTerms } from '../../contract/spec/requireSpec.js';
import { specWarnings } from '../../contract/spec/specWarnings.js';
import { formatProblem } from '../../contract/yaml/problem.js';
import { noteDetection } from '../../domain/rollout/requestsToCatch.js';
import type { OperatorTerms } from '../../domain/spec/minimum.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { renderIdentity, type ShownIdentity } from '../renderIdentity.js';
import type { Run } from '../run.js';
import { readInCopy } from '../workingCopy.js';
import { table } from '../table.js';

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What protection is missing, or what would be better: no failure. */
  readonly advice?: boolean;
}

/** What the operator's file of a home has and asks of a model; nothing where there is no such file. */
export type TermsOf = (home: string, model: string) => Promise<OperatorTerms>;

export const localCommands = (
  program: Command,
  run: Run,
  examine: (cli: Cli) => Promise<readonly Finding[]>,
  termsOf: TermsOf,
): void => {
  explain(
    program
      .command('validate [directory]')
      .description('check slipway.yaml of a working copy, also against what the operator of this home has and asks')
      .action(run(validate.bind(undefined, termsOf) as never)),
    ['validate', 'validate examples/flight-delay'],
    '0 it is valid; 2 it has mistakes, each with line and column',
  );
  explain(
    program
      .command('schema')
      .description('the JSON Schema of slipway.yaml, for editors')
      .action(
        run(async (cli: Cli) => {
          const { specJsonSchema } = await import('../../contract/spec/jsonSchema.js');
          const schema = specJsonSchema();
          cli.out.result(schema, () => JSON.stringify(schema, null, 2));
        }),
      ),
    ['schema > slipway.schema.json'],
  );
  explain(
    program
      .command('whoami')
      .description('whose token is used, with which roles where, and until when')
      .action(
        run((async (cli: Cli) => {
          cli.out.result(await cli.api().get<ShownIdentity>('/api/v1/whoami'), renderIdentity);
        }) as never),
      ),
    ['whoami --as reviewer'],
  );
  explain(
    program
      .command('doctor')
      .description('what answers, what does not, and what protection is missing')
      .action(
        run((async (cli: Cli) => {
          const findings = await examine(cli);
          cli.out.result({ findings }, () =>
            table(
              ['Check', 'State', 'Detail'],
              findings.map((one) => [one.check, one.ok ? 'ok' : one.advice === true ? 'advice' : 'failed', one.detail]),
            ),
          );
          return findings.some((one) => !one.ok && one.advice !== true) ? 9 : 0;
        }) as never),
      ),
    ['doctor', 'doctor --json'],
    '0 everything that is needed answers; 9 something does not',
  );
};

const validate = async (termsOf: TermsOf, cli: Cli, directory = '.'): Promise<number> => {
  const file = join(directory, 'slipway.yaml');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    cli.out.result(
      {
        valid: false,
        problems: [{ file, line: 1, column: 1, path: '', message: 'there is no such file', expected: 'slipway.yaml' }],
      },
      () => `${file}: there is no such file; docs/spec.md describes it`,
    );
    return 2;
  }
  const parsed = parseSpec(text, file, readInCopy(directory));
  const problems = parsed.ok
    ? Object.values(againstTerms(text, file, parsed.spec, await termsOf(cli.home, parsed.spec.model))).flat()
    : parsed.problems;
  const warnings = parsed.ok ? specWarnings(text, file, parsed.spec) : [];
  const warned = warnings.length === 0 ? {} : { warnings };
  const notes = parsed.ok
    ? parsed.spec.environments.flatMap(
        ({ name, rollout }) => noteDetection(name, rollout, parsed.spec.signature.features.length) ?? [],
      )
    : [];
  const noted = notes.length === 0 ? {} : { notes };
  cli.out.result(
    parsed.ok && problems.length === 0
      ? { valid: true, model: parsed.spec.model, ...warned, ...noted }
      : { valid: false, problems, ...warned },
    () =>
      [
        ...(parsed.ok && problems.length === 0
          ? [
              `${file} is valid: ${parsed.spec.model}, ${parsed.spec.checks.length} checks, ${parsed.spec.environments.map((one) => one.name).join(' → ')}`,
            ]
          : problems.map(formatProblem)),
        ...warnings.map((warning) => `warning: ${formatProblem(warning)}`),
        ...notes.map((note) => `- ${note}`),
      ].join('\n'),
  );
  return problems.length === 0 ? 0 : 2;
};
