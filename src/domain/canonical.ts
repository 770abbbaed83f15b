/**
 * Canonical JSON (RFC 8785): no white space, keys sorted by UTF-16 code units, numbers as ECMAScript writes them.
 * Properties that are undefined are left out, as in JSON.stringify, so that an absent option has one spelling.
 * What JSON cannot say (NaN, infinities, functions, class instances, lone surrogates) is a TypeError: a digest
 * over it would name something else than what was meant.
 *
 * @example canonicalJson({ b: 1e21, a: [true, null] }) // {"a":[true,null],"b":1e+21}
 */
export const canonicalJson = (value: unknown): string => {
  if (value instanceof Canonical) return value.text;
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isPlain(value)) return object(value);
  throw new TypeError(`canonical JSON cannot hold ${describe(value)}`);
};

/** A value in its canonical form, to be held by others: what is large and in many of them is written out once. */
export class Canonical {
  readonly text: string;
  constructor(value: unknown) {
    this.text = canonicalJson(value);
  }
}

const number = (value: number): string => {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`);
  return JSON.stringify(value);
};

const text = (value: string): string => {
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value)) {
    throw new TypeError('canonical JSON cannot hold a lone surrogate');
  }
  return JSON.stringify(value);
};

const object = (value: Readonly<Record<string, unknown>>): string => {
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${text(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
};

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Workflow isolates have an Object of their own: a prototype without a prototype is a plain object's.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const describe = (value: unknown): string => (typeof value === 'object' ? 'an instance of a class' : typeof value);
