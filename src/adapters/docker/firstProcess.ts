/** What runs first in a container, and how the worker speaks to it. */

/** Where secrets are, in memory. */
export const SECRETS_FOLDER = '/run/slipway';

/**
 * A shell, which is handed the command as `$0` and as `$1` the seconds after which nothing of it may be left. The worker
 * speaks to it by standard input: how many secrets there are, then each as a line with its length and its bytes; after
 * that, names of signals for every other process. The end of that stream is the end of the worker: everything is killed.
 * Kernels end all processes of a container with its first one.
 */
export const FIRST_PROCESS = [
  'exec 3<&0 </dev/null 2>/dev/null',
  'umask 0277',
  'number=0; read -r count <&3 || exit 1',
  'while [ "$number" -lt "$count" ]; do',
  `  read -r size <&3 && dd bs=1 count="$size" <&3 >${SECRETS_FOLDER}/$number || exit 1; number=$((number + 1))`,
  'done',
  'umask 0022',
  `{ trap '' TERM; sleep "$1"; kill -s KILL -- -1; } 3<&- &`,
  `{ trap '' TERM; while read -r word <&3; do kill -s "$word" -- -1; done; kill -s KILL -- -1; } &`,
  // In a shell of its own, or this one would say on the output of the command which signal ended it.
  '(exec /bin/sh -c "$0" 2>&1 3<&-)',
  'exit $?',
].join('\n');

/** What it waits for before it starts the command. Lengths are not said elsewhere, since an engine keeps what it is told. */
export const handOver = (secrets: readonly { readonly value: string }[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${secrets.length}\n`),
    ...secrets.flatMap(({ value }) => {
      const bytes = Buffer.from(value);
      return [Buffer.from(`${bytes.length}\n`), bytes];
    }),
  ]);

/** Asks every process of the command to end. */
export const ASK_TO_END = 'TERM\n';
