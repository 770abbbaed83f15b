export interface TestSummary {
  readonly total: number;
  readonly skipped: number;
  /** Full names, in the order of the report, at most 50. */
  readonly failing: readonly string[];
}

/**
 * Reads counts and failing names out of a JUnit XML report: <testcase> elements, failing where they hold a
 * <failure> or <error>. Tolerates what real writers differ in (attribute order, nested suites, CDATA).
 */
export const summariseJunit = (xml: string): TestSummary => {
  const text = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/<!--[\s\S]*?-->/g, '');
  const failing: string[] = [];
  let total = 0;
  let skipped = 0;
  const testcase = /<testcase\b((?:[^>"']|"[^"]*"|'[^']*')*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  for (const [, attributes = '', body = ''] of text.matchAll(testcase)) {
    total += 1;
    if (/<skipped\b/.test(body)) skipped += 1;
    if (/<(failure|error)\b/.test(body) && failing.length < 50) failing.push(nameOf(attributes));
  }
  return { total, skipped, failing };
};

const nameOf = (attributes: string): string => {
  const name = attribute(attributes, 'name') ?? 'unnamed';
  const group = attribute(attributes, 'classname');
  return group === undefined || group === '' || group === 'test' ? name : `${group} > ${name}`;
};

const attribute = (attributes: string, name: string): string | undefined => {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : unescapeXml(value);
};

const unescapeXml = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&amp;/g, '&');
