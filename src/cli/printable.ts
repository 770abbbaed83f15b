import { stripVTControlCharacters } from 'node:util';

/** Text of others must not steer the terminal: only line breaks and tabs are left of what is no character. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
