export type Activities = object;
