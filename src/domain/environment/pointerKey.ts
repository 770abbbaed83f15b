/** What serves in an environment, and since which epoch, for readers; written when a passage is settled. */
export const pointerKey = (model: string, environment: string): string =>
  `pointers/environments/${model}/${environment}.json`;
