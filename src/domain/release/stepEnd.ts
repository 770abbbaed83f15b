/** How a command ended. */
export type StepEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timeout' };

/**
 * Shells, and what runs containers, report a signal as 128 plus its number.
 *
 * @param signals numbers by name, as the system of the command has them
 */
export const endOfExitCode = (code: number, signals: Readonly<Record<string, number>>): StepEnd => {
  const name = Object.entries(signals).find(([, number]) => number + 128 === code)?.[0];
  return name === undefined ? { kind: 'exited', code } : { kind: 'killed', signal: name };
};
