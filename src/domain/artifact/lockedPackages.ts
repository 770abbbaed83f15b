export interface Package {
  readonly ecosystem: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  /** As the lock file says it: an SPDX expression or ID, or free text. */
  readonly licence?: string;
  /** Subresource integrity of the lock file: `sha512-<base64>`. */
  readonly integrity?: string;
}

/** Packages that an npm lock file (version 2 or 3) pins; empty where the text is none. */
export const npmPackages = (lockFile: string): readonly Package[] => {
  const { packages } = (parse(lockFile) ?? {}) as {
    packages?: Readonly<Record<string, { version?: string; license?: unknown; integrity?: string; link?: boolean }>>;
  };
  return Object.entries(packages ?? {}).flatMap(([path, { version, license, integrity, link }]): readonly Package[] => {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || version === undefined || link === true) return [];
    return [
      {
        ecosystem: 'npm',
        name: path.slice(at + 'node_modules/'.length),
        version,
        ...(typeof license === 'string' ? { licence: license } : {}),
        ...(integrity === undefined ? {} : { integrity }),
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
