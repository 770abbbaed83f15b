import type { Command } from 'commander';

/** Examples and exit codes below the help of a command. */
export const explain = (
  command: Command,
  examples: readonly string[],
  exits = '0 done; 2 usage; 3 refused; 8 not found; 9 unreachable',
): Command =>
  command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ slipway ${example}`).join('\n')}\n\nExit codes: ${exits}\n`,
  );
