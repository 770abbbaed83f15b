/**
 * Takes secrets out of what commands print: with each character as it is, URL-encoded or escaped as in JSON, whichever
 * of them an encoder leaves alone; in base64 (wherever in a longer text they begin), in hexadecimal, line by line, and
 * with line breaks between any two characters.
 */
export interface SecretMask {
  /** All but the end that may be the beginning of a secret; that comes with the next part, or at the end. */
  push(text: string): string;
  end(): string;
}

export const MASK = '***';
/** Shorter ones would take every other word away, and are not kept as secrets. */
export const SHORTEST_SECRET = 8;
const BREAK = '(?:\\r?\\n)?';

/** How the machine writes bytes of a text. */
export interface Encodings {
  base64(text: string): string;
  /** In small letters. */
  hex(text: string): string;
}

/** A way to write a secret: a pattern, and the most characters that it matches. */
interface Form {
  readonly pattern: string;
  readonly longest: number;
}

export const createSecretMask = (secrets: readonly string[], encodings: Encodings): SecretMask => {
  const forms = secrets.flatMap((secret) => formsOf(secret, encodings)).sort((a, b) => b.longest - a.longest);
  if (forms.length === 0) return { push: (text) => text, end: () => '' };
  const pattern = new RegExp([...new Set(forms.map((form) => form.pattern))].join('|'), 'g');
  // A line break may stand behind each character.
  const longest = 3 * Math.max(...forms.map((form) => form.longest));
  let kept = '';
  const mask = (text: string): string => text.replace(pattern, MASK);
  return {
    push: (text) => {
      const all = mask(kept + text);
      // What is held back was masked already, and is looked at again with what follows.
      const cut = Math.max(0, all.length - longest);
      kept = all.slice(cut);
      return all.slice(0, cut);
    },
    end: () => {
      const rest = kept;
      kept = '';
      return rest;
    },
  };
};

const formsOf = (secret: string, encodings: Encodings): readonly Form[] => {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_SECRET);
  return [secret.trim(), ...lines]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .flatMap((text) => [escaped(text, encodings), ...encoded(text, encodings).map(plain)]);
};

const encoded = (text: string, { base64, hex }: Encodings): readonly string[] => {
  const shifted = ['', 'x', 'xx'].map((before) => {
    // Characters that share bits with what stands before or behind the secret are left out.
    const all = base64(before + text).replace(/=+$/, '');
    const bytes = base64(before + text).length * 0.75 - (base64(before + text).match(/=/g)?.length ?? 0);
    return all.slice(Math.ceil((before.length * 4) / 3), Math.floor((bytes * 4) / 3));
  });
  const web = shifted.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [hex(text), hex(text).toUpperCase(), ...shifted, ...web].filter((form) => form.length >= SHORTEST_SECRET);
};

const plain = (text: string): Form => ({ pattern: literal(text), longest: text.length });

/**
 * Encoders agree on how a character is escaped, and not on which ones are: each may stand here as it is, or in one of
 * its escapes. A row of backslashes is doubled as a whole or not at all, so that there is one way to match it.
 */
const escaped = (text: string, encodings: Encodings): Form => {
  const parts = (text.match(/\\+|[^\\]/gsu) ?? []).map((part) => waysToWrite(part, encodings));
  return {
    pattern: parts.map((ways) => `(?:${ways.map(({ pattern }) => pattern).join('|')})`).join(BREAK),
    longest: parts.reduce((sum, ways) => sum + Math.max(...ways.map(({ longest }) => longest)), 0),
  };
};

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  ' ': '+',
};

/** @param part one character, or backslashes */
const waysToWrite = (part: string, { hex }: Encodings): readonly Form[] => {
  const short = part.startsWith('\\') ? part.replaceAll('\\', '\\\\') : SHORT_ESCAPES[part];
  const bytes = hex(part).replace(/../g, (byte) => `%${byte}`);
  const units = Array.from(part, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`),
  );
  return [plain(part), ...(short === undefined ? [] : [plain(short)]), anyCase(bytes), anyCase(units.flat().join(''))];
};

/** Of hexadecimal digits; the rest of an escape is no such letter. */
const anyCase = (text: string): Form => ({
  pattern: [...text].map((one) => (/[a-f]/.test(one) ? `[${one}${one.toUpperCase()}]` : escape(one))).join(BREAK),
  longest: text.length,
});

const literal = (text: string): string => [...text].map(escape).join(BREAK);

const escape = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
