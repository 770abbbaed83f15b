import type { Comment } from '../release/comment.js';
import { escapeHtml, table } from './html.js';

const BEGIN = '<section class="said">';
const END = '</section>';

/**
 * A report of a release with what people say of it: that goes on after the page was written, also when the release is over.
 * A page that has the section gets the new one instead.
 */
export const withComments = (report: string, comments: readonly Comment[]): string => {
  const page = withoutSection(report);
  if (comments.length === 0) return page;
  const at = page.lastIndexOf('</main>');
  const end = at < 0 ? page.length : at;
  return `${page.slice(0, end)}${sectionOf(comments)}${page.slice(end)}`;
};

/** Words of others are escaped, so that only ours begin and end a section. */
const withoutSection = (report: string): string => {
  const begin = report.indexOf(BEGIN);
  const end = begin < 0 ? -1 : report.indexOf(END, begin);
  return end < 0 ? report : report.slice(0, begin) + report.slice(end + END.length);
};

const sectionOf = (comments: readonly Comment[]): string =>
  `${BEGIN}<h2>Said about it</h2>${table(
    'Decides nothing',
    ['When', 'Who', 'What', 'Words'],
    comments.map(({ at, by, kind, text }) => [
      new Date(at).toISOString().replace('T', ' ').slice(0, 19) + ' UTC',
      by,
      kind,
      { html: escapeHtml(text).replaceAll(/\r\n?|\n/g, '<br>') },
    ]),
  )}${END}`;
