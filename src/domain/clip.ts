/**
 * Text of others, short enough to be part of a message: what goes through the engine has a limit, beyond which nothing
 * is said at all.
 *
 * @param most characters, the ellipsis among them
 * @example clip('a long name', 6) // 'a lon…'
 */
export const clip = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  // Half of a character that takes two is none.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
};
