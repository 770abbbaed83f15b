import type { Prospect } from '../approval/prospect.js';
import { escapeHtml, table } from './html.js';

/** What approving would change, and what would happen then. */
export const prospectSection = (prospect: Prospect | undefined): string => {
  if (prospect === undefined) return '';
  const { environment, champion, differences, more, next } = prospect;
  const beside =
    champion === undefined
      ? ''
      : differences.length === 0
        ? '<p>It does not differ from what runs there.</p>'
        : table(
            `Beside what runs there${more === 0 ? '' : `, and ${more} more differences`}`,
            ['Part', 'Name', 'Runs now', 'Would run'],
            differences.map(({ part, name, from, to }) => [part, name, shown(from), shown(to)]),
          );
  return `<h2>Approving for ${escapeHtml(environment)}</h2><ul>${next.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>${beside}`;
};

const shown = (value: string | number | boolean | undefined): string => (value === undefined ? 'none' : String(value));
