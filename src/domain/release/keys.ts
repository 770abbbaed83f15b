/** Where the store says which release of a model was promoted last: a recovery takes its drift checks up from there. */
export const lastPromotedKey = (model: string): string => `pointers/released/${model}.json`;

export interface LastPromoted {
  readonly commit: string;
  readonly releaseId: string;
}
