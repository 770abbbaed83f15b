/** A limit in KiB that the kernel keeps; where it cannot be set, there is none. Then the shell becomes the program. */
const LIMITED = 'ulimit -d "$0" 2>/dev/null; exec "$@"';

/**
 * The command that runs a program with a limit on all that it may allocate.
 *
 * @param memoryMiB of its data: heaps, stacks and private mappings that it may write to
 */
export const limited = (memoryMiB: number, ...command: readonly string[]): readonly [string, ...string[]] => [
  '/bin/sh',
  '-c',
  LIMITED,
  String(memoryMiB * 1024),
  ...command,
];
