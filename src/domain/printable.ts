/** What steers a terminal, by ECMA-48: operating system commands, control sequences, and other escapes. */
const SEQUENCES =
  /(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;
/** Controls but line breaks and tabs, and what turns the direction of writing. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of others, which must not steer the terminal that it is shown on: only line breaks and tabs are left of what is no
 * character.
 *
 * @example printable('\u001b[31mred\u001b[0m') // 'red'
 */
export const printable = (text: string): string => text.replace(SEQUENCES, '').replace(CONTROLS, '');
