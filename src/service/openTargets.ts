import { createKubernetesTarget, type KubernetesTargetOptions } from '../adapters/kubernetes/deployTarget.js';
import { createKserveTarget, type KserveTargetOptions } from '../adapters/kubernetes/kserve/deployTarget.js';
import { createLocalServing, type LocalServingOptions } from '../adapters/local-serving/deployTarget.js';
import { createCommandTarget, type CommandTargetOptions } from '../adapters/process/commandTarget.js';
import type { Digest } from '../domain/artifact/types.js';
import type { DeployTarget } from '../ports/deployTarget.js';
import type { SecretStore } from '../ports/secretStore.js';

/** Where one environment runs, in plain values. */
type Place =
  | ({ readonly kind: 'local'; readonly url: string } & Omit<LocalServingOptions, 'environment' | 'inferenceUrl'>)
  | ({ readonly kind: 'kubernetes' } & Omit<KubernetesTargetOptions, 'environment' | 'isStored'>)
  | ({ readonly kind: 'kserve' } & Omit<KserveTargetOptions, 'environment' | 'isStored'>)
  | ({ readonly kind: 'command' } & Omit<CommandTargetOptions, 'environment' | 'path' | 'secretStore' | 'artifacts'>);

export interface TargetsConfig {
  readonly targets: Readonly<Record<string, Place>>;
  /** Where programs of the operator are looked for. */
  readonly path: string;
  /** Where artifacts are, for programs that fetch them. */
  readonly store: CommandTargetOptions['artifacts'];
}

/** One of each, for as long as this process lives: those of programs tell theirs one command after the other. */
export const openTargets = (
  { targets, path, store }: TargetsConfig,
  secretStore: SecretStore,
  isStored: (digest: Digest) => Promise<boolean>,
): ReadonlyMap<string, DeployTarget> =>
  new Map(
    Object.entries(targets).map(([environment, target]) => [
      environment,
      target.kind === 'local'
        ? createLocalServing({ environment, ...target, inferenceUrl: target.url })
        : target.kind === 'kubernetes'
          ? createKubernetesTarget({ environment, ...target, isStored })
          : target.kind === 'kserve'
            ? createKserveTarget({ environment, ...target, isStored })
            : createCommandTarget({ environment, ...target, path, secretStore, artifacts: store }),
    ]),
  );
