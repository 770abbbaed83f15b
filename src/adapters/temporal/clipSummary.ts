/** Temporal documents 400 bytes for a summary, quotes of the JSON included (its development server takes more). */
const SUMMARY_BYTES = 390;

/** At most 390 bytes of UTF-8, cut between characters, with an ellipsis where something was left out. */
export const clipSummary = (text: string): string => {
  const bytes = Buffer.from(text);
  if (bytes.length <= SUMMARY_BYTES) return text;
  const kept = bytes.subarray(0, SUMMARY_BYTES - Buffer.byteLength('…')).toString();
  return `${kept.replace(/\ufffd+$/, '')}…`;
};
