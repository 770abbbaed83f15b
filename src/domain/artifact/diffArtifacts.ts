import type { Lineage } from './contents.js';
import { FILEPATH, type Manifest } from './manifest.js';

/** What two versions are compared by. */
export interface ComparedVersion {
  readonly manifest: Manifest;
  readonly lineage: Lineage;
  /** Versions by name. */
  readonly packages: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, unknown>>;
}

export interface Difference {
  readonly part:
    'commit' | 'spec' | 'data' | 'address' | 'params' | 'environment' | 'packages' | 'metrics' | 'layers' | 'licence';
  readonly name: string;
  /** Absent: the version has nothing of that name. */
  readonly from?: string | number | boolean;
  readonly to?: string | number | boolean;
}

/** What differs between two versions, part by part; what is the same is left out. */
export const diffArtifacts = (a: ComparedVersion, b: ComparedVersion): readonly Difference[] => [
  ...differences('commit', { commit: a.lineage.commit }, { commit: b.lineage.commit }),
  ...differences('spec', { 'slipway.yaml': a.lineage.specDigest }, { 'slipway.yaml': b.lineage.specDigest }),
  ...differences('data', declaredBy(a.lineage, 'digest'), declaredBy(b.lineage, 'digest')),
  ...differences('address', declaredBy(a.lineage, 'uri'), declaredBy(b.lineage, 'uri')),
  ...differences('data', { ...a.lineage.data }, { ...b.lineage.data }),
  ...differences('params', a.lineage.params, b.lineage.params),
  ...differences('environment', a.lineage.environment, b.lineage.environment),
  ...differences('packages', a.packages, b.packages),
  ...differences('licence', licenceOf(a.lineage), licenceOf(b.lineage)),
  ...differences('metrics', a.metrics, b.metrics),
  ...differences('layers', layersOf(a.manifest), layersOf(b.manifest)),
];

type Plain = string | number | boolean;

const differences = (
  part: Difference['part'],
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): readonly Difference[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().flatMap((name): readonly Difference[] => {
    const [from, to] = [plain(a[name]), plain(b[name])];
    if (from === to) return [];
    return [{ part, name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });

const plain = (value: unknown): Plain | undefined => {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : JSON.stringify(value);
};

/** Of the data that steps declare, by where they find it; two steps may find other data at the same place. */
const declaredBy = ({ declared = [] }: Lineage, what: 'digest' | 'uri'): Readonly<Record<string, unknown>> => {
  const found = new Map<string, string[]>();
  for (const one of declared) found.set(one.path, [...(found.get(one.path) ?? []), one[what]]);
  return Object.fromEntries([...found].map(([path, all]) => [path, all.join(', ')]));
};

const licenceOf = ({ licence }: Lineage): Readonly<Record<string, unknown>> =>
  licence === undefined ? {} : { licence };

const layersOf = (manifest: Manifest): Readonly<Record<string, unknown>> =>
  Object.fromEntries(manifest.layers.map((layer) => [layer.annotations?.[FILEPATH] ?? layer.digest, layer.digest]));
