/** How long one piece of text may be, before it is cut. */
const MAX_LENGTH = 300;
/** A word without a place to break would push a table beyond the edge of its panel. */
const LONGEST_WORD = 32;

/**
 * Text from outside as one line of Markdown that shows it and does nothing: no HTML, images, links or broken tables
 * whatever a commit, a trainer or a person says. Digests are shortened, other long words get places to break.
 * Characters are escaped as CommonMark has it, or replaced by ones that look alike: the Temporal Web UI shows the
 * entities of `<` and `>` as they are written.
 */
export const plainText = (text: string): string => {
  const line = text
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim()
    .replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1…');
  const short = line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
  return short
    .replace(new RegExp(`\\S{${LONGEST_WORD}}(?=\\S)`, 'gu'), '$&\u200b')
    .replace(/<=/g, '≤')
    .replace(/>=/g, '≥')
    .replace(/</g, '‹')
    .replace(/>/g, '›')
    .replace(/[\\`*_{}[\]()#|~!&@]/g, (character) => `\\${character}`)
    .replace(/(https?|ftp):\/\//gi, '$1\\://')
    .replace(/\bwww\./gi, 'www\\.');
};
