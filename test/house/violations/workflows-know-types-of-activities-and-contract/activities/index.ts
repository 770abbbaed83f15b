export type Activities = object;
export const answer = 42;
