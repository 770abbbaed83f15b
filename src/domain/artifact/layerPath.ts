/**
 * A file's path inside an artifact, from its annotation: relative, with plain names, below the artifact's folder.
 * Undefined for anything that could lead elsewhere: whoever made the manifest chose it.
 */
export const layerPath = (annotated: unknown): string | undefined => {
  if (typeof annotated !== 'string' || annotated.length > 500) return undefined;
  const names = annotated.split('/');
  const plain = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name);
  return names.every(plain) ? annotated : undefined;
};
