import { decidingRoles } from '../approval/approvalRule.js';
import { standingOf } from '../identity/mayDecide.js';
import { personOf, personsOf } from '../identity/person.js';
import type { Identity } from '../identity/types.js';
import { freeFrom, holdsAt, noticeOf } from '../hold/holdsAt.js';
import type { Hold, HoldNotice } from '../hold/types.js';
import { authorshipOf } from '../release/authorship.js';
import { askedSteps, phasesOf } from '../rollout/phases.js';
import { rolesOfWord } from '../rollout/stepWord.js';
import { noteDetection } from '../rollout/requestsToCatch.js';
import type { ApprovalSpec, EnvironmentSpec, RolloutSpec, Spec } from '../spec/types.js';
import { sayDecision } from './explainStep.js';
import { inOrder, needsOf } from './graph.js';
import type { StepDecision } from './types.js';

export interface PlannedStep {
  readonly step: string;
  readonly kind: 'run' | 'skip' | 'depends';
  readonly reason: string;
  /** The release that its outputs would come from. */
  readonly from?: string;
  /** How long its last run took. */
  readonly lastMs?: number;
}

export interface PlannedEnvironment {
  readonly name: string;
  readonly approval: ApprovalSpec;
  /** Who may approve now. Empty where an approval is asked for and nobody may give it. */
  readonly approvers: readonly string[];
  readonly rollout: RolloutSpec['strategy'];
  /** It gets copies of requests first, and answers nobody. */
  readonly shadow?: true;
  /** Shortest time that its rollout takes. */
  readonly rolloutMs: number;
  readonly gates: readonly string[];
  /** What would hold the release back here, in force now or by the time it comes. */
  readonly holds: readonly HoldNotice[];
}

export interface PlannedRelease {
  readonly model: string;
  readonly checks: readonly { readonly name: string; readonly kind: string }[];
  readonly steps: readonly PlannedStep[];
  readonly environments: readonly PlannedEnvironment[];
  /** Shortest time from the commit until every environment took it: known steps and rollouts, nothing for people. */
  readonly earliestMs: number;
  /** The earliest instant at which every environment took it, holds and freezes included; absent: somebody has to lift one. */
  readonly earliestAt?: number;
  /** What stands in the way, or makes it later than that. */
  readonly notes: readonly string[];
}

export interface PlanSubject {
  readonly spec: Spec;
  readonly decisions: readonly StepDecision[];
  /** How long steps took when they last ran. */
  readonly durations: ReadonlyMap<string, number>;
  readonly identities: readonly Identity[];
  /** Holds and freezes of each environment, as far as they are known now. */
  readonly holds: ReadonlyMap<string, readonly Hold[]>;
  /** Epoch milliseconds. */
  readonly now: number;
  /** E-mail address of the author, where it is known. */
  readonly by?: string;
}

/** What a release would do, from the very decisions that its build would take. */
export const planRelease = (subject: PlanSubject): PlannedRelease => {
  const { spec, decisions, durations, identities, by } = subject;
  const authors =
    by === undefined ? undefined : authorshipOf([{ authorEmail: by, committerEmail: by }], identities, '');
  const steps = decisions.map((decision) => plannedStep(decision, durations));
  const passed = passEnvironments(subject, buildMs(spec, steps));
  const environments = spec.environments.map((environment, index): PlannedEnvironment => ({
    name: environment.name,
    approval: environment.approval,
    approvers: approversOf(spec.model, environment, identities, authors),
    rollout: environment.rollout.strategy,
    ...(phasesOf(environment.rollout).some(({ kind }) => kind === 'shadow') ? { shadow: true as const } : {}),
    rolloutMs: rolloutMs(environment.rollout),
    gates: environment.gates,
    holds: passed[index]?.holds ?? [],
  }));
  const earliestAt = passed.at(-1)?.doneAt;
  const unknown = steps.filter((step) => step.kind !== 'skip' && step.lastMs === undefined).map(({ step }) => step);
  const asked = environments.filter(({ approval }) => approval.kind === 'required');
  return {
    model: spec.model,
    checks: spec.checks.map(({ name, kind }) => ({ name, kind })),
    steps,
    environments,
    earliestMs: buildMs(spec, steps) + environments.reduce((sum, one) => sum + one.rolloutMs, 0),
    ...(earliestAt === undefined ? {} : { earliestAt }),
    notes: [
      ...(unknown.length === 0
        ? []
        : [`nobody knows yet how long ${unknown.join(', ')} ${unknown.length === 1 ? 'takes' : 'take'}`]),
      ...kept(spec, steps),
      ...asked.map((one) => waiting(one, authors?.unknown ?? [])),
      ...spec.environments.flatMap(waitingSteps),
      ...spec.environments.flatMap(
        ({ name, rollout }) => noteDetection(name, rollout, spec.signature.features.length) ?? [],
      ),
    ],
  };
};

interface Passed {
  readonly holds: readonly HoldNotice[];
  /** When it took the release; undefined: not before somebody lifts what holds it, here or before. */
  readonly doneAt?: number;
}

/** One environment after the other: each begins when the one before took it, and nothing holds the release back there. */
const passEnvironments = ({ spec, holds, now }: PlanSubject, before: number): readonly Passed[] => {
  let at: number | undefined = now + before;
  return spec.environments.map(({ name, rollout }) => {
    const place = { model: spec.model, environment: name };
    const known = holds.get(name) ?? [];
    const arrives: number = at ?? now;
    const begins: number | undefined = freeFrom(known, place, arrives);
    at = at === undefined || begins === undefined ? undefined : begins + rolloutMs(rollout);
    return {
      holds: holdsAt(known, place, arrives).inForce.map(noticeOf),
      ...(at === undefined ? {} : { doneAt: at }),
    };
  });
};

/** Steps that would not begin anew when they are tried again. */
const kept = (spec: Spec, steps: readonly PlannedStep[]): readonly string[] =>
  spec.build.steps.flatMap(({ name, checkpoint }) =>
    checkpoint === undefined || steps.find(({ step }) => step === name)?.kind === 'skip'
      ? []
      : [`${name} goes on from ${checkpoint} when it is tried again in the same release`],
  );

const plannedStep = (decision: StepDecision, durations: ReadonlyMap<string, number>): PlannedStep => {
  const lastMs = durations.get(decision.step);
  return {
    step: decision.step,
    kind: decision.kind === 'lookup' ? 'run' : decision.kind,
    reason: sayDecision(decision),
    ...(decision.kind === 'skip' ? { from: decision.record.releaseId } : {}),
    ...(lastMs === undefined ? {} : { lastMs }),
  };
};

const approversOf = (
  model: string,
  { name: environment, approval }: EnvironmentSpec,
  identities: PlanSubject['identities'],
  authors: { readonly authors: readonly string[]; readonly unknown: readonly string[] } | undefined,
): readonly string[] => {
  if (approval.kind !== 'required' || (authors?.unknown.length ?? 0) > 0) return [];
  const person = personsOf(identities);
  const wrote = new Set(authors?.authors.map(person));
  return identities
    .filter(
      (identity) =>
        standingOf(identity, decidingRoles(approval), { model, environment }).ok && !wrote.has(personOf(identity)),
    )
    .map(({ name }) => name)
    .sort();
};

const waiting = ({ name, approval, approvers }: PlannedEnvironment, unknown: readonly string[]): string => {
  const quorum = approval.kind === 'required' ? approval.quorum : 0;
  if (unknown.length > 0) return `${name}: nobody may approve, because ${unknown.join(', ')} belongs to no identity`;
  if (approvers.length < quorum)
    return `${name}: ${quorum} must approve, and only ${approvers.length === 0 ? 'nobody' : approvers.join(', ')} may`;
  return `${name}: waits until ${quorum} of ${approvers.join(', ')} ${quorum === 1 ? 'has' : 'have'} approved`;
};

const waitingSteps = ({ name, rollout }: EnvironmentSpec): readonly string[] =>
  askedSteps(rollout).map(
    ({ weight, approve }) =>
      `${name}: waits at ${weight} % until one of ${rolesOfWord(approve).join(', ')} lets it go on`,
  );

const rolloutMs = (rollout: RolloutSpec): number => phasesOf(rollout).reduce((sum, { step }) => sum + step.holdMs, 0);

/** The longest way through the steps that run, by how long they took last. */
const buildMs = (spec: Spec, steps: readonly PlannedStep[]): number => {
  const ends = new Map<string, number>();
  for (const { name } of inOrder(spec.build.steps)) {
    const step = steps.find((one) => one.step === name);
    const own = step === undefined || step.kind === 'skip' ? 0 : (step.lastMs ?? 0);
    ends.set(name, own + Math.max(0, ...needsOf(spec.build.steps, name).map((need) => ends.get(need) ?? 0)));
  }
  return Math.max(0, ...ends.values());
};
