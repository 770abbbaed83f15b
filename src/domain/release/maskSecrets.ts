/**
 * Takes secrets out of what commands print: as they are, in base64 (wherever in a longer text they begin), in
 * hexadecimal, URL-encoded, in JSON, line by line, and with line breaks between any two characters.
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

export const createSecretMask = (secrets: readonly string[], encodings: Encodings): SecretMask => {
  const forms = [...new Set(secrets.flatMap((secret) => formsOf(secret, encodings)))].sort(
    (a, b) => b.length - a.length,
  );
  if (forms.length === 0) return { push: (text) => text, end: () => '' };
  const pattern = new RegExp(forms.map((form) => [...form].map(escape).join(BREAK)).join('|'), 'g');
  // A line break may stand behind each character.
  const longest = 3 * Math.max(...forms.map((form) => form.length));
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

const formsOf = (secret: string, encodings: Encodings): readonly string[] => {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_SECRET);
  return [secret.trim(), ...lines]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .flatMap((text) => encoded(text, encodings));
};

const encoded = (text: string, { base64, hex }: Encodings): readonly string[] => {
  const shifted = ['', 'x', 'xx'].map((before) => {
    // Characters that share bits with what stands before or behind the secret are left out.
    const all = base64(before + text).replace(/=+$/, '');
    const bytes = base64(before + text).length * 0.75 - (base64(before + text).match(/=/g)?.length ?? 0);
    return all.slice(Math.ceil((before.length * 4) / 3), Math.floor((bytes * 4) / 3));
  });
  const web = shifted.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const url = encodeURIComponent(text);
  return [
    text,
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
    JSON.stringify(text).slice(1, -1),
    hex(text),
    hex(text).toUpperCase(),
    ...shifted,
    ...web,
  ].filter((form) => form.length >= SHORTEST_SECRET);
};

const escape = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
