/**
 * Judges what was seen outside of the product after a fault. It takes nobody's word: every check counts effects in
 * sources that the code under test does not report to. A sentence per violation, each under the letter of its check:
 * A duplicate effects, B acknowledged approvals lost, C one change of what serves per release, D what is served is what
 * was attested and approved, E orphans, F the audit chain, G nothing stuck.
 */
import type { Observations, SeenEntry } from './observe.js';

/** What the clients of the scenario know. */
export interface Claims {
  readonly environments: readonly string[];
  /** IDs of releases, and how each of them must have ended. */
  readonly releases: Readonly<Record<string, string>>;
  /** Approvals that the API answered with a receipt, with the artifact that was shown. */
  readonly acknowledged: readonly Approval[];
}

export interface Approval {
  readonly jti: string;
  readonly releaseId: string;
  readonly artifactDigest: string;
}

export const judge = (seen: Observations, claims: Claims): readonly string[] => [
  ...duplicates(seen),
  ...lostApprovals(seen, claims),
  ...changes(seen, claims),
  ...digests(seen, claims),
  ...[...seen.uploads, ...seen.scratch].map((one) => `E: left behind: ${one}`),
  ...brokenChains(seen, claims),
  ...stuck(seen, claims),
];

const duplicates = ({ alerts, statuses, entries, commands, runs }: Observations): string[] => [
  ...repeated(
    alerts,
    ({ type, to, subject }) => `${to} was told twice: ${type}, ${subject}`,
    () => true,
  ),
  ...repeated(
    statuses,
    ({ commit, context }) => `${commit} has two statuses ${context}`,
    () => true,
  ),
  ...repeated(
    entries,
    ({ stream, entryId }) => `${stream} has ${entryId} twice`,
    () => true,
  ),
  ...repeated(
    entries,
    ({ body }) => `${String(body['requestId'])} was carried out twice`,
    ({ kind }) => kind.startsWith('deployment.'),
  ),
  ...repeated(
    commands,
    ({ environment, epoch, seq }) => `${environment} carried out ${epoch}.${seq} twice`,
    () => true,
  ),
  ...repeated(
    runs,
    ({ workflowId }) => `${workflowId} ran twice`,
    ({ status, workflowType }) =>
      status !== 'CONTINUED_AS_NEW' && (workflowType === 'release' || workflowType === 'rollout'),
  ),
];

const repeated = <T>(all: readonly T[], name: (one: T) => string, counts: (one: T) => boolean): string[] => {
  const names = all.filter(counts).map(name);
  return [...new Set(names.filter((one, index) => names.indexOf(one) !== index))].map((one) => `A: ${one}`);
};

const lostApprovals = ({ decisions, entries }: Observations, { acknowledged }: Claims): string[] => {
  const counted = entries
    .filter(({ kind }) => kind === 'release.ended')
    .flatMap(({ body }) => body['decisions'] as readonly { jti: string; counted: boolean }[])
    .filter((one) => one.counted);
  return [
    ...acknowledged.flatMap(({ jti }) => [
      ...(decisions.some((one) => one.jti === jti) ? [] : [`B: ${jti} was acknowledged, and is not in the store`]),
      ...(counted.some((one) => one.jti === jti) ? [] : [`B: ${jti} was acknowledged, and did not count`]),
    ]),
    ...counted
      .filter(({ jti }) => decisions.filter((one) => one.jti === jti).length !== 1)
      .map(({ jti }) => `A: ${jti} counted, and its use was not taken exactly once`),
  ];
};

const deployments = (entries: readonly SeenEntry[], model: string, environment: string): readonly SeenEntry[] =>
  entries.filter(
    ({ stream, kind }) => stream === `environment/${model}/${environment}` && kind.startsWith('deployment.'),
  );

const changes = ({ model, entries, pointers, commands }: Observations, { environments, releases }: Claims): string[] =>
  environments.flatMap((environment) => {
    const found = deployments(entries, model, environment);
    const epochs = found.map(({ body }) => Number(body['epoch']));
    const last = found.filter(({ kind }) => kind === 'deployment.deployed').at(-1);
    const pointer = pointers.find((one) => one.environment === environment);
    return [
      ...Object.entries(releases).flatMap(([releaseId, outcome]) => {
        const times = found.filter(
          ({ kind, body }) => kind === 'deployment.deployed' && body['requestId'] === `${releaseId}@${environment}`,
        ).length;
        return outcome === 'promoted' && times !== 1 ? [`C: ${releaseId} changed ${environment} ${times} times`] : [];
      }),
      ...(rises(epochs, (epoch) => epoch) ? [] : [`C: epochs of ${environment} do not rise: ${epochs.join(', ')}`]),
      ...(rises(
        commands.filter((one) => one.environment === environment),
        ({ epoch, seq }) => epoch * 1_000_000 + seq,
      )
        ? []
        : [`C: ${environment} carried out a command after a newer one`]),
      ...(pointer?.epoch === last?.body['epoch']
        ? []
        : [`C: the pointer of ${environment} is at ${pointer?.epoch}, the ledger at ${String(last?.body['epoch'])}`]),
    ];
  });

const rises = <T>(all: readonly T[], value: (one: T) => number): boolean =>
  all.every((one, index) => index === 0 || value(one) > value(all[index - 1] as T));

const digests = (seen: Observations, { environments, acknowledged }: Claims): string[] => [
  ...environments.flatMap((environment) => {
    const last = deployments(seen.entries, seen.model, environment)
      .filter(({ kind }) => kind === 'deployment.deployed')
      .at(-1);
    const { artifactDigest } = (last?.body['version'] ?? {}) as { artifactDigest?: string };
    const serving = seen.served[environment] ?? [];
    return [
      ...(serving.length === 1 && `sha256:${serving[0]}` === artifactDigest
        ? []
        : [`D: ${environment} serves ${serving.join(', ')}, deployed was ${artifactDigest}`]),
      ...(artifactDigest === undefined || seen.attested.includes(artifactDigest)
        ? []
        : [`D: ${artifactDigest} is deployed in ${environment}, and nobody attested it`]),
    ];
  }),
  ...acknowledged.flatMap(({ releaseId, artifactDigest }) =>
    seen.entries
      .filter(({ stream, kind }) => stream === releaseId && kind === 'release.ended')
      .filter(({ body }) => body['artifactDigest'] !== artifactDigest)
      .map(({ body }) => `D: approved was ${artifactDigest}, released ${String(body['artifactDigest'])}`),
  ),
  ...seen.damaged.map((key) => `D: ${key} is not what its name says`),
];

const brokenChains = ({ entries }: Observations, { releases }: Claims): string[] => [
  ...[...new Set(entries.map(({ stream }) => stream))].flatMap((stream) => {
    const chain = entries.filter((entry) => entry.stream === stream);
    const wrong = chain.find((entry, index) => entry.seq !== index + 1 || entry.previous !== chain[index - 1]?.digest);
    return wrong === undefined ? [] : [`F: the chain of ${stream} breaks at ${wrong.seq}`];
  }),
  ...Object.entries(releases).flatMap(([releaseId, outcome]) => {
    const ends = entries.filter(({ stream, kind }) => stream === releaseId && kind === 'release.ended');
    return ends.length === 1 && ends[0]?.body['outcome'] === outcome
      ? []
      : [`F: the ledger has ${ends.map(({ body }) => String(body['outcome'])).join(', ') || 'no'} end of ${releaseId}`];
  }),
];

/** What waits for an occasion is not stuck: arbiters, and incidents that nobody has resolved. */
const stuck = ({ runs }: Observations, { releases }: Claims): string[] => [
  ...runs
    .filter(({ status, workflowType }) => status === 'RUNNING' && !['environment', 'incident'].includes(workflowType))
    .map(({ workflowId }) => `G: ${workflowId} still runs`),
  ...Object.keys(releases)
    .filter((releaseId) => !runs.some(({ workflowId, status }) => workflowId === releaseId && status === 'COMPLETED'))
    .map((releaseId) => `G: ${releaseId} did not complete`),
];
