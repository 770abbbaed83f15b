import { SlipwayError } from '../../../domain/errors/slipwayError.js';
import type { TargetCommand } from '../../../domain/rollout/types.js';

/** KServe knows the newest revision and the last one that had everything, and shares by whole percents; `target_cannot` beyond. */
export const assertExpressible = ({ versions }: TargetCommand): void => {
  const why = whyNot(versions);
  if (why !== undefined) throw new SlipwayError('target_cannot', `KServe ${why}`);
};

const whyNot = (versions: TargetCommand['versions']): string | undefined => {
  if (versions.some(({ role }) => role === 'shadow')) return 'copies no requests: it has no shadows';
  if (versions.length > 2) return `serves the newest version and the one before it, not ${versions.length}`;
  const broken = versions.find(({ weight }) => !Number.isInteger(weight));
  return broken === undefined ? undefined : `shares by whole percents, not ${broken.weight} %`;
};
