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

interface BackendRef {
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
}

/** The command that a route stands for; undefined where somebody else wrote the route. */
export const standingOf = (route: HttpRoute): Standing | undefined => {
  const { [ANNOTATIONS.command]: text, [ANNOTATIONS.acceptedAt]: at } = route.metadata.annotations ?? {};
  if (text === undefined) return undefined;
  const read = readCommand(parse(text));
  return read.kind === 'invalid' ? undefined : { command: read.command, acceptedAt: Number(at) };
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
  { command, acceptedAt }: Standing,
  spec: HttpRoute['spec'],
  resourceVersion: string | undefined,
): HttpRoute => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: {
    name: routeName(command.model, command.environment),
    namespace: settings.namespace,
    labels: labelsOf(command.model, command.environment),
    annotations: { [ANNOTATIONS.command]: JSON.stringify(command), [ANNOTATIONS.acceptedAt]: String(acceptedAt) },
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  },
  spec,
});

/** What a route says for these shares; `before`: whoever answered until now, for as long as nobody of the command can. */
export const specOf = (
  settings: RouteSettings,
  command: TargetCommand,
  ready: ReadyShares,
  before: HttpRoute['spec'] | undefined,
): HttpRoute['spec'] => {
  const { model, versions } = command;
  if (versions.length === 0) return { rules: [{ matches: [everything(model)] }] };
  const answering =
    ready.kind === 'shares'
      ? ready.shares.map(({ artifactDigest, weight }) =>
          backend(
            command,
            versions.find((one) => one.artifactDigest === artifactDigest)!,
            weight,
          ),
        )
      : (answeringNow(before) ??
        versions.filter(({ weight }) => weight > 0).map((one) => backend(command, one, one.weight)));
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

const answeringNow = (spec: HttpRoute['spec'] | undefined): readonly BackendRef[] | undefined => {
  const refs = spec?.rules?.at(-1)?.backendRefs ?? [];
  return refs.length === 0 ? undefined : refs.map(({ name, port, weight = 1 }) => ({ name, port, weight }));
};

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
