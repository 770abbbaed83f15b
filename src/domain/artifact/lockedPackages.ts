export interface Package {
  readonly ecosystem: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  /** As the lock file says it: an SPDX expression or ID, or free text. */
  readonly licence?: string;
  /** Subresource integrity of the lock file: `sha512-<base64>`. */
  readonly integrity?: string;
}

/** Nothing in it is sure to be there, nor to be what npm writes. */
interface Locked {
  readonly version?: unknown;
  readonly license?: unknown;
  readonly integrity?: unknown;
  readonly link?: unknown;
}

/** Packages that an npm lock file (version 2 or 3) pins; empty where the text is none. */
export const npmPackages = (lockFile: string): readonly Package[] => {
  const { packages } = (parse(lockFile) ?? {}) as {
    packages?: Readonly<Record<string, Locked | null>>;
  };
  return Object.entries(packages ?? {}).flatMap(([path, locked]): readonly Package[] => {
    const { version, license, integrity, link } = locked ?? {};
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || typeof version !== 'string' || link === true) return [];
    return [
      {
        ecosystem: 'npm',
        name: path.slice(at + 'node_modules/'.length),
        version,
        ...(typeof license === 'string' ? { licence: license } : {}),
        ...(typeof integrity === 'string' ? { integrity } : {}),
      },
    ];
  });
};

/** Packages that a requirements file pins with `==`; what is not pinned says nothing about what was installed. */
export const pythonPackages = (requirements: string): readonly Package[] =>
  requirements.split('\n').flatMap((line): readonly Package[] => {
    const [, name, version] =
      /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.+!_-]+)/.exec(line) ?? [];
    return name === undefined || version === undefined ? [] : [{ ecosystem: 'pypi', name: pypiName(name), version }];
  });

/** As PyPI compares names (PEP 503). */
export const pypiName = (name: string): string => name.toLowerCase().replace(/[._-]+/g, '-');

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
