import { readCommand } from '../../domain/rollout/readCommand.js';
import type { ReadyShares } from '../../domain/rollout/readyShares.js';
import type { TargetCommand, TargetVersion } from '../../domain/rollout/types.js';
import { PORT } from './manifests.js';
import { ANNOTATIONS, hexOf, labelsOf, routeName, versionName } from './names.js';
import type { KubernetesObject } from './objects.js';

export interface RouteSettings {
  readonly namespace: string;
  readonly gateway: { readonly name: string; readonly namespace?: string; readonly sectionName?: string };
  /** Host names that the route answers to; none: all of the Gateway. */
  readonly hostnames: readonly string[];
}

export interface BackendRef {
  readonly name: string;
  readonly port: number;
  readonly weight?: number;
}

interface Rule {
  readonly matches?: readonly object[];
  readonly filters?: readonly object[];
  readonly backendRefs?: readonly BackendRef[];
}

export interface HttpRoute extends KubernetesObject {
  readonly spec: {
    readonly parentRefs?: readonly object[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly Rule[];
  };
}

export interface Standing {
  readonly command: TargetCommand;
  readonly acceptedAt: number;
  /** Who answers by what we wrote last, whoever wrote the route since; undefined: nobody was sent anywhere yet. */
  readonly answering?: readonly BackendRef[];
}

/** The command that a route stands for; undefined where somebody else wrote the route. */
export const standingOf = (route: HttpRoute): Standing | undefined => {
  const {
    [ANNOTATIONS.command]: text,
    [ANNOTATIONS.acceptedAt]: at,
    [ANNOTATIONS.answering]: shares,
  } = route.metadata.annotations ?? {};
  if (text === undefined) return undefined;
  const read = readCommand(parse(text));
  if (read.kind === 'invalid') return undefined;
  const answering = shares === undefined ? undefined : parse(shares);
  return {
    ...{ command: read.command, acceptedAt: Number(at) },
    ...(Array.isArray(answering) ? { answering: answering as readonly BackendRef[] } : {}),
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The route of a model: the command that stands, and who answers. Both are one object, so that one conditional write decides
 * between two writers. A retired model keeps its route as the memory of its fence; no Gateway has it.
 */
export const routeOf = (
  settings: RouteSettings,
  { command, acceptedAt, answering }: Standing,
  spec: HttpRoute['spec'],
  resourceVersion: string | undefined,
): HttpRoute => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: {
    name: routeName(command.model, command.environment),
    namespace: settings.namespace,
    labels: labelsOf(command.model, command.environment),
    annotations: {
      [ANNOTATIONS.command]: JSON.stringify(command),
      [ANNOTATIONS.acceptedAt]: String(acceptedAt),
      ...(answering === undefined ? {} : { [ANNOTATIONS.answering]: JSON.stringify(answering) }),
    },
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  },
  spec,
});

/** What a route says for these shares; `before`: whoever is to answer until now, for as long as nobody of the command can. */
export const specOf = (
  settings: RouteSettings,
  command: TargetCommand,
  ready: ReadyShares,
  before: readonly BackendRef[],
): HttpRoute['spec'] => {
  const { model, versions } = command;
  if (versions.length === 0) return { rules: [{ matches: [everything(model)] }] };
  const answeredBefore = before.length === 0 ? undefined : before;
  const answering =
    ready.kind === 'shares'
      ? ready.shares.map(({ artifactDigest, weight }) =>
          backend(
            command,
            versions.find((one) => one.artifactDigest === artifactDigest)!,
            weight,
          ),
        )
      : (answeredBefore ?? versions.filter(({ weight }) => weight > 0).map((one) => backend(command, one, one.weight)));
  const mirrors = versions.flatMap((version) => (version.role === 'shadow' ? [mirror(command, version)] : []));
  return {
    parentRefs: [gatewayRef(settings)],
    ...(settings.hostnames.length === 0 ? {} : { hostnames: settings.hostnames }),
    rules: [
      ...versions.map((version) => askedFor(command, version)),
      {
        matches: [everything(model)],
        ...(mirrors.length === 0 ? {} : { filters: mirrors }),
        backendRefs: answering,
      },
    ],
  };
};

/** Services that a route names, wherever it does. */
export const servicesOf = ({ rules = [] }: HttpRoute['spec']): ReadonlySet<string> =>
  new Set(rules.flatMap(({ backendRefs = [] }) => backendRefs.map(({ name }) => name)));

/** Who answers by a route as it is. */
export const answeringNow = ({ rules }: HttpRoute['spec']): readonly BackendRef[] =>
  (rules?.at(-1)?.backendRefs ?? []).map(({ name, port, weight = 1 }) => ({ name, port, weight }));

/**
 * What somebody else made of our shares, percent for each Service; undefined: they are ours. Not what has to wait until a version
 * is ready: that we wrote ourselves.
 */
export const movedByOthers = (
  { answering }: Standing,
  now: HttpRoute['spec'],
): ReadonlyMap<string, number> | undefined => {
  const found = answeringNow(now);
  if (answering === undefined || sameShares(answering, found)) return undefined;
  const total = found.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return new Map(found.map(({ name, weight = 1 }) => [name, total === 0 ? 0 : (weight / total) * 100]));
};

/** The API server keeps the order of this list. */
export const sameShares = (a: readonly BackendRef[], b: readonly BackendRef[]): boolean =>
  a.length === b.length &&
  a.every(({ name, port, weight = 1 }, at) => {
    const other = b[at]!;
    return name === other.name && port === other.port && weight === (other.weight ?? 1);
  });

const gatewayRef = ({ gateway }: RouteSettings) => ({
  group: 'gateway.networking.k8s.io',
  kind: 'Gateway',
  ...gateway,
});

const everything = (model: string) => ({ path: { type: 'PathPrefix', value: `/v2/models/${model}` } });

/** Tenths of a percent are whole numbers. */
const backend = (command: TargetCommand, version: TargetVersion, weight: number): BackendRef => ({
  name: versionName(command.model, command.environment, version),
  port: PORT,
  weight: Math.round(weight * 10),
});

/** Who asks for a version has this one or none: by its digest, by its role, or by the versioned path. */
const askedFor = (command: TargetCommand, version: TargetVersion): Rule => {
  const hex = hexOf(version.artifactDigest);
  const byHeader = (value: string) => ({
    ...everything(command.model),
    headers: [{ type: 'Exact', name: 'x-slipway-version', value }],
  });
  return {
    matches: [
      byHeader(hex),
      ...(version.role === 'shadow' ? [] : [byHeader(version.role)]),
      { path: { type: 'PathPrefix', value: `/v2/models/${command.model}/versions/${hex}` } },
    ],
    backendRefs: [backend(command, version, 0.1)],
  };
};

const mirror = (command: TargetCommand, version: TargetVersion) => ({
  type: 'RequestMirror',
  requestMirror: {
    backendRef: { name: versionName(command.model, command.environment, version), port: PORT },
    fraction: { numerator: Math.round((version.copies ?? 0) * 10), denominator: 1000 },
  },
});
