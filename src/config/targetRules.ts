/** Rules of environments[].target in slipway.config.yaml; they look at the raw value. */
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import { valueAt } from '../contract/yaml/problemsOf.js';
import { unknownName } from '../contract/yaml/unknownName.js';
import { list, names } from './rawValues.js';

const KINDS = ['local', 'command', 'kubernetes', 'kserve'] as const;

/** One place, one way: two would be two answers to what runs there. */
export const targetsOfNoKind = (value: unknown): readonly RuleBreach[] =>
  list(value, ['environments']).flatMap((_, index): readonly RuleBreach[] => {
    const path = ['environments', index, 'target'];
    const target = valueAt(value, path);
    if (typeof target !== 'object' || target === null) return [];
    const given = KINDS.filter((kind) => valueAt(value, [...path, kind]) !== undefined);
    return given.length === 1
      ? []
      : [{ path, message: `a target of ${given.length} kinds`, expected: `one of ${KINDS.join(', ')}` }];
  });

/** Who says how many Pods a version has: the file, or an autoscaler between two numbers. */
export const autoscalersOfKubernetes = (value: unknown): readonly RuleBreach[] =>
  list(value, ['environments']).flatMap((_, index): readonly RuleBreach[] => {
    const path = ['environments', index, 'target', 'kubernetes'];
    const [replicas, min, max] = [['replicas'], ['autoscale', 'min'], ['autoscale', 'max']].map((keys) =>
      valueAt(value, [...path, ...keys]),
    );
    if (min === undefined) return [];
    if (replicas !== undefined)
      return [{ path: [...path, 'replicas'], message: 'a number beside autoscale', expected: 'one of the two' }];
    return typeof min === 'number' && typeof max === 'number' && min > max
      ? [{ path: [...path, 'autoscale', 'max'], message: `less than min (${min})`, expected: 'at least min' }]
      : [];
  });

export const secretsOfPrograms = (value: unknown): readonly RuleBreach[] => {
  const known = names(value, ['secrets']);
  return list(value, ['environments']).flatMap((_, index) => {
    const path = ['environments', index, 'target', 'command', 'secrets'];
    return Object.entries((valueAt(value, path) as Readonly<Record<string, unknown>> | undefined) ?? {}).flatMap(
      ([variable, secret]) =>
        typeof secret !== 'string' || known.includes(secret)
          ? []
          : [unknownName([...path, variable], secret, known, 'secret')],
    );
  });
};

/** Where a node speaks gRPC nobody else speaks, neither by gRPC nor by HTTP; two by HTTP may share a proxy. */
export const grpcPortsTaken = (value: unknown): readonly RuleBreach[] => {
  const spoken = list(value, ['environments']).flatMap((environment, index) => {
    const path = ['environments', index, 'target', 'local'];
    const [url, port] = [valueAt(value, [...path, 'url']), valueAt(value, [...path, 'grpcPort'])];
    if (typeof url !== 'string' || !URL.canParse(url)) return [];
    const { hostname, port: http } = new URL(url);
    const here = { name: String(valueAt(environment, ['name'])), hostname, path: [...path, 'grpcPort'] };
    const byHttp = { ...here, port: http, grpc: false };
    return typeof port === 'number' ? [byHttp, { ...here, port: String(port), grpc: true }] : [byHttp];
  });
  return spoken.flatMap((one, at): readonly RuleBreach[] => {
    const other = spoken.find(
      ({ hostname, port, grpc }, before) =>
        hostname === one.hostname && port === one.port && (grpc ? before < at : before !== at),
    );
    return one.grpc && other !== undefined
      ? [{ path: one.path, message: `${one.port}, where ${other.name} speaks`, expected: 'a port of its own' }]
      : [];
  });
};
