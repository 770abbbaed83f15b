/**
 * Packages by ecosystem and name, such as `pypi/numpy`, in a CycloneDX list as a build leaves it. Of several versions,
 * which npm can have, all are named.
 */
export const packagesOf = (list: unknown): Readonly<Record<string, string>> => {
  const { components } = (list ?? {}) as { components?: unknown };
  const versions = new Map<string, Set<string>>();
  for (const one of Array.isArray(components) ? (components as readonly unknown[]) : []) {
    const { purl, version } = (one ?? {}) as { purl?: unknown; version?: unknown };
    const [, name] = typeof purl === 'string' ? (/^pkg:([^@]+)@/.exec(purl) ?? []) : [];
    if (name === undefined || typeof version !== 'string') continue;
    versions.set(decoded(name), (versions.get(decoded(name)) ?? new Set()).add(version));
  }
  return Object.fromEntries([...versions].map(([name, all]) => [name, [...all].sort().join(', ')]));
};

const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};
