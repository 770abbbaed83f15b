import type { EnvironmentSpec } from '../spec/types.js';
import type { StageName, StageView } from './types.js';

/**
 * The stages that a release will pass, all pending, in order. Before the commit was read no environment is known:
 * give an empty list. A stage that an environment does not ask for is not listed.
 *
 * @param judgesAutomatic is `approval: automatic` a stage? It was none in releases from before it was judged
 */
export const describeStages = (
  environments: readonly EnvironmentSpec[],
  judgesAutomatic = true,
): readonly StageView[] => [
  pending('integrate'),
  pending('build'),
  pending('package'),
  ...environments.flatMap((environment) => stagesOf(environment, judgesAutomatic)),
];

const stagesOf = (
  { name, approval, verify, gates, soakMs, review, bake }: EnvironmentSpec,
  judgesAutomatic: boolean,
): readonly StageView[] => [
  ...(approval.kind === 'required' || (approval.kind === 'automatic' && judgesAutomatic)
    ? [pending('approve', name)]
    : []),
  pending('deploy', name),
  ...(verify.smokeRows > 0 ? [pending('verify', name)] : []),
  ...(gates.length > 0 ? [pending('gate', name)] : []),
  ...(soakMs === undefined ? [] : [pending('soak', name)]),
  ...(review === undefined ? [] : [pending('review', name)]),
  ...(bake === undefined ? [] : [pending('bake', name)]),
];

const pending = (name: StageName, environment?: string): StageView => ({
  name,
  ...(environment === undefined ? {} : { environment }),
  status: 'pending',
});

export type StageChange = Partial<Omit<StageView, 'name' | 'environment'>>;

/** The stages with one of them changed; one that is not listed yet is added at the end. */
export const updateStage = (
  stages: readonly StageView[],
  name: StageName,
  environment: string | undefined,
  change: StageChange,
): readonly StageView[] => {
  const isIt = (stage: StageView): boolean => stage.name === name && stage.environment === environment;
  if (!stages.some(isIt)) return [...stages, { ...pending(name, environment), ...change }];
  return stages.map((stage) => (isIt(stage) ? { ...stage, ...change } : stage));
};

/** What is left of the stages when a release ends early: the one under way failed, those not begun are skipped. */
export const endStages = (stages: readonly StageView[], now: number, reason: string): readonly StageView[] =>
  stages.map((stage) => {
    if (stage.status === 'pending') return { ...stage, status: 'skipped' };
    if (stage.status === 'running' || stage.status === 'waiting')
      return { ...stage, status: 'failed', endedAt: now, reason };
    return stage;
  });
