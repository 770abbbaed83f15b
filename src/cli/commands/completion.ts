import { Argument, type Command } from 'commander';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import type { Run } from '../run.js';

/** Each asks `slipway __complete` with the words up to the cursor; where there is no answer the shell offers files. */
const SCRIPTS = {
  bash: `_slipway() {
  local IFS=$'\\n'
  COMPREPLY=($(slipway __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _slipway slipway
`,
  zsh: `#compdef slipway
_slipway() {
  local -a found
  found=(\${(f)"$(slipway __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -- "\${found[@]}"; else _files; fi
}
compdef _slipway slipway
`,
  fish: `function __slipway_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    slipway __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c slipway -a '(__slipway_complete)'
`,
} as const;

type Shell = keyof typeof SCRIPTS;

export const completionCommand = (program: Command, run: Run): void => {
  explain(
    program
      .command('completion')
      .description('a script that lets a shell complete commands, options and names')
      .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
      .action(
        run((async (cli: Cli, shell: Shell) => {
          if (cli.out.json) cli.out.result({ shell, script: SCRIPTS[shell] }, () => '');
          else cli.out.raw(SCRIPTS[shell]);
        }) as never),
      ),
    ['completion bash', 'completion zsh', 'completion fish'],
    '0 printed; 2 no such shell',
  );
};
