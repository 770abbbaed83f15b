export interface Shape {
  readonly answer: number;
}
