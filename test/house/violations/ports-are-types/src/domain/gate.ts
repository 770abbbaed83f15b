export interface Shape {
  readonly answer: number;
}

export const answer = 42;
