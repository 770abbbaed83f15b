import type { Digest, Version } from '../artifact/types.js';
import { canFollow, highestEpoch, isFenceNumber, withinReach } from '../rollout/acceptEpoch.js';
import type { TargetState } from '../rollout/types.js';
import { crown, remembering } from './crown.js';
import { newEnvironment } from './newEnvironment.js';
import { sayRetired, uncrown } from './retire.js';
import type { DeploymentEntry, EmptyPointer, EnvironmentState, Pointer } from './types.js';

/** What is left of an environment when its arbiter is gone. */
export interface EnvironmentMemory {
  /** Entries of its stream in the ledger, in order. */
  readonly ledger: readonly { readonly kind: string; readonly body: Readonly<Record<string, unknown>> }[];
  readonly pointer?: Pointer | EmptyPointer;
  /** Why the version that the pointer names may not run there: then it counts for its epoch alone. */
  readonly pointerFault?: string;
  readonly target:
    | { readonly kind: 'told'; readonly state: TargetState }
    | { readonly kind: 'never' }
    | { readonly kind: 'silent'; readonly reason: string };
  /** Whose artifacts the target has, where their provenance says so. */
  readonly versions: readonly Version[];
}

export type MemorySource = 'ledger' | 'pointer' | 'target';

export interface RecoveredState {
  readonly state: EnvironmentState;
  /** Highest epoch that each source has seen; none: it knows nothing. */
  readonly seen: Readonly<Partial<Record<MemorySource, number>>>;
  readonly championFrom?: MemorySource;
  /** What the sources do not agree on, each with what was made of it. */
  readonly disagreements: readonly string[];
}

/** Kind of the ledger entry that an arbiter writes which began from memory. */
export const RECOVERED = 'environment.recovered';

/**
 * What an arbiter begins with when its engine was lost. Traffic stays as it is. The epoch is one above every epoch that
 * any source has seen: a passage of which nothing was written down may have been under way in that one, and the next
 * passage fences it out. An epoch that nothing leads to was seen by nobody: it would end all passages. The champion is
 * what serves, where one version has all traffic and is known; else what was recorded last.
 *
 * @returns undefined where nothing is known: nothing was ever deployed
 */
export const recoverState = (
  model: string,
  environment: string,
  memory: EnvironmentMemory,
): RecoveredState | undefined => {
  const { pointer, target } = memory;
  const fence = fenceOf(target);
  const ledger = withinReach(memory.ledger, fence);
  const seen = epochsOf(ledger, fence, pointer);
  const epochs = Object.values(seen);
  if (epochs.length === 0 && pointer === undefined) return undefined;
  const told = retold(model, environment, ledger);
  const recorded = withPointer(told, memory, seen);
  const served = withTarget(recorded.state, memory);
  const championFrom = served.from ?? recorded.from;
  return {
    state: { ...served.state, epoch: Math.max(0, ...epochs) + 1 },
    seen,
    ...(championFrom === undefined ? {} : { championFrom }),
    disagreements: [
      ...outOfReach(memory.ledger, ledger),
      ...recorded.disagreements,
      ...staleTarget(seen),
      ...served.disagreements,
    ],
  };
};

/** A target keeps no other numbers; one that it names all the same is not believed. */
const fenceOf = (target: EnvironmentMemory['target']): number | undefined =>
  target.kind === 'told' && isFenceNumber(target.state.fence.epoch) ? target.state.fence.epoch : undefined;

const epochsOf = (
  ledger: EnvironmentMemory['ledger'],
  target: number | undefined,
  pointer: EnvironmentMemory['pointer'],
): RecoveredState['seen'] => {
  const written = highestEpoch(ledger, target);
  const known = Math.max(written, target ?? 0);
  return {
    ...(written === 0 ? {} : { ledger: written }),
    ...(pointer !== undefined && canFollow(pointer.epoch, known) ? { pointer: pointer.epoch } : {}),
    ...(target === undefined ? {} : { target }),
  };
};

const outOfReach = (all: EnvironmentMemory['ledger'], within: EnvironmentMemory['ledger']): readonly string[] => {
  const counted = new Set(within);
  const [first, ...more] = all.filter((entry) => !counted.has(entry));
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  return [
    `the ledger names epoch ${String(first.body['epoch'])}${others}, which no passage before leads to: that does not count`,
  ];
};

/** Every deployment again, as the arbiter lived through it. */
const retold = (model: string, environment: string, ledger: EnvironmentMemory['ledger']): EnvironmentState =>
  ledger.reduce(
    (state, { kind, body }) => {
      if (!kind.startsWith('deployment.') || !namesVersion(body)) return state;
      const entry = body as unknown as DeploymentEntry;
      return remembering(retoldOne(state, entry), entry);
    },
    newEnvironment(model, environment),
  );

const retoldOne = (state: EnvironmentState, entry: DeploymentEntry): EnvironmentState =>
  entry.outcome === 'deployed'
    ? crown(state, entry, entry.order)
    : entry.outcome === 'retired'
      ? uncrown(state, entry)
      : state;

const namesVersion = ({ version }: Readonly<Record<string, unknown>>): boolean => {
  const { artifactDigest, releaseId, commit } = (version ?? {}) as Readonly<Record<keyof Version, unknown>>;
  return [artifactDigest, releaseId, commit].every((part) => typeof part === 'string');
};

interface Judged {
  readonly state: EnvironmentState;
  readonly from?: MemorySource;
  readonly disagreements: readonly string[];
}

const withPointer = (
  state: EnvironmentState,
  { pointer, pointerFault }: EnvironmentMemory,
  { ledger: ledgerEpoch = 0, pointer: reached }: RecoveredState['seen'],
): Judged => {
  const { champion, retired } = state;
  const from = champion === undefined ? {} : ({ from: 'ledger' } as const);
  // It was moved behind the ledger: an empty one says nothing of its own, and one from before a retirement is only late.
  if (pointer !== undefined && ('retired' in pointer || (retired !== undefined && pointer.epoch <= retired.epoch)))
    return { state, ...from, disagreements: [] };
  if (pointer === undefined) {
    const disagreements = champion === undefined ? [] : [`there is no pointer: the ledger names ${short(champion)}`];
    return { state, ...from, disagreements };
  }
  if (pointer.artifactDigest === champion?.artifactDigest) return { state, ...from, disagreements: [] };
  const said = `the pointer names ${short(pointer)} in epoch ${pointer.epoch}, the ledger ${champion === undefined ? 'nothing' : `${short(champion)}`} until epoch ${ledgerEpoch}`;
  if (champion !== undefined && reached === undefined)
    return { state, ...from, disagreements: [`${said}: nothing leads to that epoch, and the ledger counts`] };
  if (champion !== undefined && pointer.epoch <= ledgerEpoch)
    return { state, ...from, disagreements: [`${said}: the ledger is as new, and counts`] };
  if (pointerFault !== undefined)
    return { state, ...from, disagreements: [`${said}: the pointer is newer, and does not count: ${pointerFault}`] };
  return {
    state: crowned(state, versionOfPointer(pointer)),
    from: 'pointer',
    disagreements: [`${said}: the pointer is newer, and counts`],
  };
};

const withTarget = (state: EnvironmentState, { target, versions }: EnvironmentMemory): Judged => {
  const { champion, retired } = state;
  if (target.kind === 'silent')
    return {
      state,
      disagreements: [`the target cannot be asked (${target.reason}): its arbiter waits until it answers`],
    };
  if (target.kind === 'never' || target.state.versions.length === 0) {
    const nothing = `the target serves nothing, ${champion === undefined ? '' : short(champion)} should: the next deployment or rollback tells it`;
    return { state, disagreements: champion === undefined ? [] : [nothing] };
  }
  // A target that forgot the retirement must not undo it: whoever looks at it is told, and a person decides.
  if (retired !== undefined && target.state.fence.epoch <= retired.epoch)
    return {
      state,
      disagreements: [
        `the target serves, and is at epoch ${target.state.fence.epoch}: it has forgotten epoch ${retired.epoch}, in which the model was ${sayRetired(retired)}`,
      ],
    };
  const running = target.state.versions;
  const shares = running.map((version) => `${version.weight} % to ${short(version)}`).join(', ');
  const [only] = running;
  if (running.length > 1 || only?.weight !== 100)
    return {
      state,
      disagreements: [`a rollout had not ended: the target gives ${shares}, and stays so until the next passage`],
    };
  if (only.artifactDigest === champion?.artifactDigest) return { state, disagreements: [] };
  const known = versions.find(({ artifactDigest }) => artifactDigest === only.artifactDigest);
  const said = `${short(only)} has all traffic since epoch ${target.state.fence.epoch}, on record is ${champion === undefined ? 'nothing' : short(champion)}`;
  if (known === undefined)
    return { state, disagreements: [`${said}: nothing says which release it is from, so the record stays`] };
  return {
    state: crowned(state, known),
    from: 'target',
    disagreements: [
      `${said}: what serves is champion${champion === undefined ? '' : ', a rollback leads to the other'}`,
    ],
  };
};

/** The version is champion without a deployment on record; its position on the branch is not known. */
const crowned = (state: EnvironmentState, version: Version): EnvironmentState =>
  crown(state, { kind: 'release', version }, undefined);

const staleTarget = ({ ledger = 0, target }: RecoveredState['seen']): readonly string[] =>
  target === undefined || target >= ledger
    ? []
    : [`the target was told last in epoch ${target}, the ledger knows of ${ledger}: the higher one counts`];

const versionOfPointer = ({ artifactDigest, releaseId }: Pointer): Version => ({
  artifactDigest,
  releaseId,
  commit: /^release\/[^/]+\/([^/.]+)/.exec(releaseId)?.[1] ?? '',
});

const short = ({ artifactDigest }: { readonly artifactDigest: Digest }): string =>
  artifactDigest.slice('sha256:'.length, 'sha256:'.length + 12);
