import type { WaitingView } from './types.js';

/** A sentence for each who decides and could not be told of it: somebody else must tell them. */
export const unreachableOf = ({ unreachable = [] }: Pick<WaitingView, 'unreachable'>): readonly string[] =>
  unreachable.map(({ to, reason }) => `${to} could not be told: ${reason}`);
