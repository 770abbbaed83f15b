import { findOnPath } from './locateServer.js';

/** How one process is started. Secrets are in `env` only: a command line can be read by every user of the machine. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The same command, ended by the kernel (SIGKILL) when the process that started it dies, however it dies. `setpriv` is
 * part of util-linux; on systems without it (macOS) the command is returned as it is, and only an orderly end of the
 * parent ends the child.
 */
export const dieWithParent = (command: ServerCommand, searchPath = '/usr/bin:/bin'): ServerCommand => {
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv', searchPath) : undefined;
  if (setpriv === undefined) return command;
  return { ...command, command: setpriv, args: ['--pdeathsig', 'KILL', '--', command.command, ...command.args] };
};
