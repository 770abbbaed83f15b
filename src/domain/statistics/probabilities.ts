/** False of what is no number, too. */
export const isProbability = (value: number): boolean => value >= 0 && value <= 1;

export const areProbabilities = (values: ArrayLike<number>): boolean => Array.from(values).every(isProbability);
