/** Whatever stands in quotation marks, or a number that JSON has no word for. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/**
 * JSON, and what Python writes in its place: NaN, which is a missing number, and Infinity, which the signature judges. Looked
 * for only in what is no JSON otherwise. Throws as JSON.parse does.
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error;
    return JSON.parse(text.replace(TOKENS, written)) as unknown;
  }
};

const written = (token: string): string => {
  if (token === 'NaN') return 'null';
  if (token === 'Infinity') return '1e999';
  return token === '-Infinity' ? '-1e999' : token;
};
