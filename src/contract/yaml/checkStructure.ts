import { Lexer, Parser } from 'yaml';

export const MAX_DEPTH = 32;
export const MAX_ENTRIES = 4000;

/**
 * Looks at the token stream before anything recursive or quadratic does: composing a document recurses into every
 * level (text of 240 KiB can exhaust the stack, or abort the process inside the regular-expression engine), and
 * compares every key of a mapping with every other.
 */
export const checkStructure = (text: string): 'too_deep' | 'too_wide' | undefined => {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) void token;
    // The document and the scalar at the tip stand on the stack besides the collections.
    if (parser.stack.length > MAX_DEPTH + 2) return 'too_deep';
    const top = parser.stack.at(-1);
    if (top !== undefined && 'items' in top && top.items.length > MAX_ENTRIES) return 'too_wide';
  }
  return undefined;
};
