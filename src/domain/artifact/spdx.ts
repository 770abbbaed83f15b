/** An SPDX expression as far as its form tells: IDs, joined by AND, OR and WITH (SPDX 2.3, annex D). */
const FORM = /^\(*[A-Za-z0-9.+-]+\)*(?: (?:AND|OR|WITH) \(*[A-Za-z0-9.+-]+\)*)*$/;

/** @example isSpdxForm('MIT OR Apache-2.0') // true; 'see licence.txt' is none */
export const isSpdxForm = (text: string): boolean => text.length <= 200 && FORM.test(text);
