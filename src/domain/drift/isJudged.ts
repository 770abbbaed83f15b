import type { FeatureDrift } from './types.js';

/** A column that was not judged (its data are at fault, or too few) has no numbers, whatever stands in their place. */
export const isJudged = ({ current }: Pick<FeatureDrift, 'current'>): boolean => current.length > 0;
