/** What a stamped text is about: one of a kind never passes as another. */
export type StampKind = 'claims' | 'session';

/** Marks texts in the store as ours, so that who can write to it cannot make one. Held by the API process alone. */
export interface Stamper {
  stamp(kind: StampKind, body: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Reads what was stamped; undefined for every text that this installation did not stamp as this kind. */
export interface StampReader {
  open(kind: StampKind, text: string): Promise<Readonly<Record<string, unknown>> | undefined>;
}
