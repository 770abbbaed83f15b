import { clip } from '../clip.js';
import { xmlTags } from './xmlTags.js';

export interface TestSummary {
  readonly total: number;
  readonly skipped: number;
  /** Full names, in the order of the report, at most 50. */
  readonly failing: readonly string[];
  /** What the tests say that they took, added up: longer than the check where they ran side by side. Absent where none says. */
  readonly durationMs?: number;
}

const MAX_NAMES = 50;
const MAX_NAME_LENGTH = 300;

/**
 * Reads counts and failing names out of a JUnit XML report: <testcase> elements, failing where they hold a
 * <failure> or <error>. Tolerates what real writers differ in (attribute order, nested suites, CDATA).
 *
 * @param shown takes out of a name what nobody may see, before the name is cut off
 */
export const summariseJunit = (xml: string, shown = (name: string): string => name): TestSummary => {
  const failing: string[] = [];
  let total = 0;
  let skipped = 0;
  let seconds: number | undefined;
  /** The test that the reader is in, and what it has said of itself. */
  let open: { readonly name: string; skipped: boolean; failed: boolean } | undefined;
  for (const { name, kind, attributes } of xmlTags(xml, ['testcase', 'skipped', 'failure', 'error'])) {
    if (name === 'testcase') {
      if (kind !== 'close') {
        total += 1;
        const took = secondsOf(attributes);
        if (took !== undefined) seconds = (seconds ?? 0) + took;
      }
      open = kind === 'open' ? { name: nameOf(attributes), skipped: false, failed: false } : undefined;
    } else if (open !== undefined && kind !== 'close') {
      if (name === 'skipped') {
        if (!open.skipped) skipped += 1;
        open.skipped = true;
      } else {
        if (!open.failed && failing.length < MAX_NAMES) failing.push(clip(shown(open.name), MAX_NAME_LENGTH));
        open.failed = true;
      }
    }
  }
  const durationMs = seconds === undefined ? Number.NaN : Math.round(seconds * 1000);
  return { total, skipped, failing, ...(Number.isSafeInteger(durationMs) ? { durationMs } : {}) };
};

/** Some writers group thousands: `1,234.5`. */
const secondsOf = ({ time = '' }: Readonly<Record<string, string>>): number | undefined => {
  const plain = time.trim().replaceAll(',', '');
  return /^\d{1,12}(\.\d{1,12})?$|^\.\d{1,12}$/.test(plain) ? Number.parseFloat(plain) : undefined;
};

const nameOf = ({ name = 'unnamed', classname }: Readonly<Record<string, string>>): string =>
  classname === undefined || classname === '' || classname === 'test' ? name : `${classname} > ${name}`;
