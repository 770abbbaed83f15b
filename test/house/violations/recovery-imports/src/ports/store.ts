export interface Store {
  readonly answer: number;
}
