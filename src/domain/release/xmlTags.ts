export interface XmlTag {
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * The tags of these names, in order; comments and CDATA hold none. Whoever wrote the text may want its reader to be
 * slow: every character is looked at a fixed number of times, and what has no end ends the reading.
 */
export function* xmlTags(xml: string, names: readonly string[]): Generator<XmlTag> {
  const start = new RegExp(`<!--|<!\\[CDATA\\[|<(/?)(${names.join('|')})(?=[\\s/>])`, 'g');
  for (let found = start.exec(xml); found !== null; found = start.exec(xml)) {
    const [opening, slash, name] = found;
    if (name === undefined) {
      const end = xml.indexOf(opening === '<!--' ? '-->' : ']]>', start.lastIndex);
      if (end < 0) return;
      start.lastIndex = end + 3;
      continue;
    }
    const tag = readTag(xml, start.lastIndex);
    if (tag === undefined) return;
    yield { name, kind: slash === '/' ? 'close' : tag.empty ? 'empty' : 'open', attributes: tag.attributes };
    start.lastIndex = tag.end;
  }
}

interface TagRest {
  readonly attributes: Readonly<Record<string, string>>;
  readonly empty: boolean;
  /** Where the text behind it begins. */
  readonly end: number;
}

/** From behind the name to `>`, which may also stand in a value. */
const readTag = (xml: string, from: number): TagRest | undefined => {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  const stop = /[>"']/g;
  stop.lastIndex = from;
  for (let at = from, found = stop.exec(xml); found !== null; found = stop.exec(xml)) {
    const before = xml.slice(at, found.index);
    if (found[0] === '>') return { attributes, empty: before.endsWith('/'), end: stop.lastIndex };
    const close = xml.indexOf(found[0], stop.lastIndex);
    if (close < 0) return undefined;
    const name = nameBefore(before);
    if (name !== undefined) attributes[name] ??= unescapeXml(xml.slice(stop.lastIndex, close));
    at = stop.lastIndex = close + 1;
  }
  return undefined;
};

/** `<space>name = `, as it stands before a value. */
const nameBefore = (text: string): string | undefined => {
  const trimmed = text.trim();
  return trimmed.endsWith('=') ? trimmed.slice(0, -1).trimEnd().split(/\s/).at(-1) : undefined;
};

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const unescapeXml = (text: string): string =>
  text.replace(
    /&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));/g,
    (_, name?: string, decimal?: string, hex?: string) =>
      name === undefined
        ? String.fromCodePoint(Math.min(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal), 0x10ffff))
        : (ENTITIES[name] ?? ''),
  );
