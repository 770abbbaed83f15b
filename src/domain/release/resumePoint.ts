import { describeStages } from './stages.js';
import type { ReleaseView, StageView } from './types.js';
import type { EnvironmentSpec } from '../spec/types.js';

/** A release that is told on from where it failed. */
export interface Resumption {
  /** 1 for the first time. */
  readonly number: number;
  /** How it had ended. */
  readonly view: ReleaseView;
  /** Who asked for it; those that were resumed before this was kept do not say. */
  readonly by?: string;
  /** The branch had changed, and it was told on nevertheless. */
  readonly anyway?: boolean;
  /** What of code, spec and data had changed on the branch. */
  readonly changed?: readonly string[];
}

/**
 * The stages that need not be told again: those that passed, up to the first that did not. Checks are one of them, also
 * where the build failed. An approval that no deployment followed is asked for again: it was given for that moment.
 */
export const finishedStages = (view: ReleaseView): readonly StageView[] => {
  const ended = view.stages.findIndex((stage) => stage.status !== 'passed');
  const passed = ended < 0 ? view.stages : view.stages.slice(0, ended);
  return passed.at(-1)?.name === 'approve' ? passed.slice(0, -1) : passed;
};

/** Of an environment that took the artifact and no longer serves it, nothing is finished, nor of what comes behind. */
export const withoutEnvironment = (stages: readonly StageView[], environment: string): readonly StageView[] => {
  const from = stages.findIndex((stage) => stage.environment === environment);
  return from < 0 ? stages : stages.slice(0, from);
};

/** The stages of a resumed release: what is finished, and all that follows, pending. */
export const resumedStages = (
  finished: readonly StageView[],
  environments: readonly EnvironmentSpec[],
): readonly StageView[] => [
  ...finished,
  ...describeStages(environments).filter(
    (stage) => !finished.some((one) => one.name === stage.name && one.environment === stage.environment),
  ),
];

/** Why a release that has ended so cannot be resumed; undefined where it can. */
export const refusalToResume = (view: Pick<ReleaseView, 'outcome'>): string | undefined => {
  if (view.outcome === undefined) return 'it is under way';
  if (view.outcome === 'failed' || view.outcome === 'cancelled') return undefined;
  return view.outcome === 'promoted'
    ? 'it is promoted'
    : `it is ${view.outcome}: that is a verdict, and a new commit or \`release start\` asks again`;
};
