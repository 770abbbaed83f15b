/**
 * An e-mail address as it is compared: `A` to `Z` are `a` to `z`, and nothing else is alike. Unicode's own folding makes
 * other letters the same (the Kelvin sign U+212A becomes `k`), and who writes a commit chooses its letters.
 *
 * @example foldEmail('Author@Example.com') // 'author@example.com'
 */
export const foldEmail = (email: string): string => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

interface Known {
  readonly name: string;
  readonly gitEmails: readonly string[];
}

/** Names the identity of an address; undefined where it is nobody's. */
export const ownersOf = (identities: readonly Known[]): ((email: string) => string | undefined) => {
  const owners = new Map<string, string>();
  for (const { name, gitEmails } of identities) for (const email of gitEmails) owners.set(foldEmail(email), name);
  return (email) => owners.get(foldEmail(email));
};
