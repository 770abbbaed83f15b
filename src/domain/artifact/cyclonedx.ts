export interface Package {
  readonly ecosystem: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  /** SPDX expression or ID, where the lock file says it. */
  readonly licence?: string;
  /** Subresource integrity of the lock file: `sha512-<base64>`. */
  readonly integrity?: string;
}

/** Packages that an npm lock file (version 2 or 3) pins; empty where the text is none. */
export const npmPackages = (lockFile: string): readonly Package[] => {
  const { packages } = (parse(lockFile) ?? {}) as {
    packages?: Readonly<Record<string, { version?: string; license?: string; integrity?: string; link?: boolean }>>;
  };
  return Object.entries(packages ?? {}).flatMap(([path, { version, license, integrity, link }]): readonly Package[] => {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || version === undefined || link === true) return [];
    return [
      {
        ecosystem: 'npm',
        name: path.slice(at + 'node_modules/'.length),
        version,
        ...(license === undefined ? {} : { licence: license }),
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
    return name === undefined || version === undefined
      ? []
      : [{ ecosystem: 'pypi', name: name.toLowerCase().replace(/[._-]+/g, '-'), version }];
  });

/**
 * CycloneDX 1.6 list of what a build ran with. Neither time nor serial number is in it: the same environment gives the
 * same bytes.
 */
export const billOfMaterials = (
  model: string,
  commit: string,
  runtimes: Readonly<Record<string, string>>,
  packages: readonly Package[],
): Readonly<Record<string, unknown>> => {
  const libraries = new Map(packages.map((one) => [purl(one), one]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'machine-learning-model', 'bom-ref': model, name: model, version: commit } },
    components: [
      ...Object.entries(runtimes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, version]) => ({ type: 'platform', 'bom-ref': `platform:${name}`, name, version })),
      ...[...libraries]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([reference, one]) => ({
          type: 'library',
          'bom-ref': reference,
          name: one.name,
          version: one.version,
          purl: reference,
          ...(one.licence === undefined ? {} : { licenses: [{ expression: one.licence }] }),
          ...hashes(one.integrity),
        })),
    ],
  };
};

const purl = ({ ecosystem, name, version }: Package): string =>
  `pkg:${ecosystem}/${name.split('/').map(encodeURIComponent).join('/')}@${version}`;

const ALGORITHMS: Readonly<Record<string, string>> = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' };

const hashes = (integrity: string | undefined): Readonly<Record<string, unknown>> => {
  const [, name, base64] = /^(sha1|sha256|sha512)-([A-Za-z0-9+/=]+)$/.exec(integrity ?? '') ?? [];
  const alg = ALGORITHMS[name ?? ''];
  return alg === undefined || base64 === undefined ? {} : { hashes: [{ alg, content: hexOf(base64) }] };
};

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const hexOf = (base64: string): string => {
  const digits: string[] = [];
  let [bits, count] = [0, 0];
  for (const character of base64.replace(/=+$/, '')) {
    bits = ((bits << 6) | BASE64.indexOf(character)) & 0xffff;
    count += 6;
    if (count >= 8) digits.push(((bits >> (count -= 8)) & 0xff).toString(16).padStart(2, '0'));
  }
  return digits.join('');
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
