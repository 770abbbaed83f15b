import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
} from 'yaml';
import { checkStructure, MAX_DEPTH, MAX_ENTRIES } from './checkStructure.js';
import type { Problem } from './problem.js';

export type YamlPath = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlReading {
  /** Undefined when the text is no YAML that could be looked at further. */
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  /** Where a path of the value stands; for what is absent, the nearest mapping around it. `key` points at a key instead of its value. */
  readonly place: (path: YamlPath, key?: string) => Place;
}

export const MAX_YAML_BYTES = 256 * 1024;
const MAX_ALIASES = 50;

/**
 * Reads one YAML 1.2 document (core schema) that a person wrote, with the place of everything in it.
 * Refuses, each as a problem: more than 256 KiB, duplicate keys, several documents, unknown tags,
 * aliases that multiply, nesting deeper than 32, and more than 4,000 entries in one collection.
 */
export const readYaml = (text: string, file: string): YamlReading => {
  const problem = (place: Place, message: string, expected: string): Problem => ({
    file,
    ...place,
    path: '',
    message,
    expected,
  });
  const refuse = (message: string, expected: string, place: Place = START): YamlReading => ({
    problems: [problem(place, message, expected)],
    place: () => START,
  });
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) return refuse('is larger than 256 KiB', 'at most 256 KiB');
  const structure = checkStructure(text);
  if (structure === 'too_deep') return refuse('is nested too deeply', `at most ${MAX_DEPTH} levels`);
  if (structure === 'too_wide') return refuse('has too many entries in one place', `at most ${MAX_ENTRIES} entries`);

  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    stringKeys: true,
    logLevel: 'error',
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].map((error) =>
    error.code === 'DUPLICATE_KEY'
      ? problem(at(error.pos[0]), `the key ${keyAt(text, error.pos[0])} is written twice`, 'each key once')
      : problem(at(error.pos[0]), firstSentence(error.message), 'YAML 1.2'),
  );
  const place = (path: YamlPath, key?: string): Place => at(offsetOf(document, path, key));
  // Duplicate keys leave a document that can be looked at; other errors leave guesses.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { problems, place };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), problems, place };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const unknown = unknownAlias(document);
    const found =
      unknown === undefined
        ? problem(START, 'its aliases multiply', `aliases that expand to at most ${MAX_ALIASES} copies`)
        : problem(
            at(unknown.range?.[0] ?? 0),
            `*${unknown.source} has no anchor before it`,
            `an anchor &${unknown.source}`,
          );
    return { problems: [...problems, found], place };
  }
};

/** The first alias without an anchor; asked only when there is one, or when aliases multiply (then a few looks suffice). */
const unknownAlias = (document: Document): Alias | undefined => {
  let found: Alias | undefined;
  let looks = 0;
  visit(document, {
    Alias: (_, alias) => {
      if (++looks > MAX_ALIASES) return visit.BREAK;
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
};

const START: Place = { line: 1, column: 1 };

const firstSentence = (message: string): string => (message.split('\n')[0] ?? message).slice(0, 200);

const offsetOf = (document: Document, path: YamlPath, key?: string): number => {
  let node: Node | undefined = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const segment of path) {
    const next = childOf(document, node, segment);
    if (next === undefined) return offset;
    node = next;
    offset = node.range?.[0] ?? offset;
  }
  if (key === undefined || !isMap(node)) return offset;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? offset) : offset;
};

const childOf = (document: Document, node: Node | undefined, segment: string | number): Node | undefined => {
  if (isSeq(node)) return resolved(document, node.items[Number(segment)]);
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
  return resolved(document, pair?.value);
};

const resolved = (document: Document, node: unknown): Node | undefined => {
  if (isAlias(node)) return node.resolve(document);
  return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
};

const keyAt = (text: string, offset: number): string =>
  text
    .slice(offset, offset + 64)
    .split(/[:\n]/, 1)[0]
    ?.trim() ?? '';
