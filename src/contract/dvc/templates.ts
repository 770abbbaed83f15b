import { valueAt } from '../yaml/problemsOf.js';

export type Filled = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

const TEMPLATE = /(\\?)\$\{([^}]*)\}/g;
/** As long as a command may be that is written out. */
const MOST_TEXT = 8192;
/** All that is filled in for one file: few bytes of templates can stand for very many. */
const MOST_FILLED = 4 * 1024 * 1024;

/** Characters that may still be filled in. */
export interface Room {
  left: number;
}

export const newRoom = (): Room => ({ left: MOST_FILLED });

const KEY = /^[\w-]+(?:\.[\w-]+|\[\d+\])*$/;

/**
 * Fills `${a.b[0]}` in, from values such as those of params.yaml; `\${…}` stays as it is.
 *
 * @example fillIn('train.py --trees ${train.trees}', { train: { trees: 60 } }) // { ok: true, text: 'train.py --trees 60' }
 */
export const fillIn = (text: string, values: unknown, room: Room = newRoom()): Filled => {
  let why: string | undefined;
  let length = text.length;
  const filled = text.replace(TEMPLATE, (whole, escaped: string, written: string) => {
    if (escaped !== '') return whole.slice(1);
    if (why !== undefined) return '';
    const key = written.trim();
    if (!KEY.test(key)) {
      why ??= `\${${key}} is no name of a value`;
      return '';
    }
    const found = valueAt(values, keysOf(key));
    if (found === undefined) why ??= `there is no value for \${${key}}`;
    else if (typeof found === 'object') why ??= `\${${key}} is not one value`;
    const value = String(found);
    length += value.length;
    room.left -= value.length;
    if (room.left < 0) why ??= `the templates of this file stand for more than ${MOST_FILLED / 2 ** 20} MiB`;
    if (length > MOST_TEXT) why ??= `is longer than ${MOST_TEXT.toLocaleString('en')} characters once it is filled in`;
    return value;
  });
  return why === undefined ? { ok: true, text: filled } : { ok: false, why };
};

/** Fills in what is text anywhere in a value; text that is nothing but `${…}` becomes the value itself. */
export const fillInAll = (value: unknown, values: unknown, room: Room, tell: (why: string) => void): unknown => {
  if (Array.isArray(value)) return value.map((item) => fillInAll(item, values, room, tell));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillInAll(item, values, room, tell)]));
  if (typeof value !== 'string') return value;
  const [, only] = /^\$\{([^}]*)\}$/.exec(value) ?? [];
  const found = only === undefined || !KEY.test(only.trim()) ? undefined : valueAt(values, keysOf(only.trim()));
  if (typeof found === 'object' && found !== null) return found;
  const filled = fillIn(value, values, room);
  if (filled.ok) return filled.text;
  tell(filled.why);
  return value;
};

/** `a.b[0]` as a path. */
export const keysOf = (key: string): readonly (string | number)[] =>
  [...key.matchAll(/\[(\d+)\]|[\w-]+/g)].map(([part, index]) => (index === undefined ? part : Number(index)));
