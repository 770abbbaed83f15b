/** A time for people, to the minute; beyond what a date can be it is never. */
export const sayInstant = (at: number): string =>
  Math.abs(at) <= 8.64e15 ? `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'never';
