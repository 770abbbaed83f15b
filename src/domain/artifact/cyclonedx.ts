import type { Package } from './lockedPackages.js';
import { isSpdxForm } from './spdx.js';

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
          ...licences(one.licence),
          ...hashes(one.integrity),
        })),
    ],
  };
};

const purl = ({ ecosystem, name, version }: Package): string =>
  `pkg:${ecosystem}/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`;

const licences = (licence: string | undefined): Readonly<Record<string, unknown>> => {
  if (licence === undefined) return {};
  return { licenses: [isSpdxForm(licence) ? { expression: licence } : { license: { name: licence } }] };
};

const ALGORITHMS: Readonly<Record<string, { readonly name: string; readonly digits: number }>> = {
  sha512: { name: 'SHA-512', digits: 128 },
  sha256: { name: 'SHA-256', digits: 64 },
  sha1: { name: 'SHA-1', digits: 40 },
};

const hashes = (integrity: string | undefined): Readonly<Record<string, unknown>> => {
  const [, name, base64] = /^(sha1|sha256|sha512)-([A-Za-z0-9+/=]+)$/.exec(integrity ?? '') ?? [];
  const algorithm = ALGORITHMS[name ?? ''];
  const content = hexOf(base64 ?? '');
  // A lock file can say what it likes: what is no hash of this length is none.
  if (algorithm === undefined || content.length !== algorithm.digits) return {};
  return { hashes: [{ alg: algorithm.name, content }] };
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
