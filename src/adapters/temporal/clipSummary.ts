/** Temporal documents 400 bytes for a summary, quotes of the JSON included (its development server takes more). */
const SUMMARY_BYTES = 390;

/**
 * At most 390 bytes of UTF-8, cut between characters, with an ellipsis where something was left out. The Web UI shows a
 * summary as text in lists, and as Markdown on its own page: what would be a link or a tag there is taken apart, so that
 * the subject of a commit cannot lead people away.
 */
export const clipSummary = (given: string): string => {
  const text = given
    .replace(/[[<]/g, '(')
    .replace(/[\]>]/g, ')')
    .replaceAll('://', ': //')
    .replace(/\bwww\./gi, 'www ');
  const bytes = Buffer.from(text);
  if (bytes.length <= SUMMARY_BYTES) return text;
  const kept = bytes.subarray(0, SUMMARY_BYTES - Buffer.byteLength('…')).toString();
  return `${kept.replace(/\ufffd+$/, '')}…`;
};
