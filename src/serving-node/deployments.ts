import type { TargetCommand } from '../domain/rollout/types.js';
import { createDeployment, type Deployment, type DeploymentParts } from './deployment.js';
import type { Running } from './running.js';
import type { Sleeper } from './state/sleepers.js';

/** All models of this environment. */
export interface Deployments {
  find(model: string): Deployment | undefined;
  /** The deployment of a model, new where there was none. */
  of(model: string): Deployment;
  all(): readonly { readonly model: string; readonly running: Running }[];
  /** Every model that should be able to answer can. */
  ready(): boolean;
  restore(commands: readonly TargetCommand[], sleepers: readonly Sleeper[]): void;
  /** How many processes each version should have is decided anew. */
  look(): void;
  stop(): Promise<void>;
}

export const createDeployments = (parts: DeploymentParts): Deployments => {
  const deployments = new Map<string, Deployment>();
  const of = (model: string): Deployment => {
    const known = deployments.get(model) ?? createDeployment(model, parts);
    deployments.set(model, known);
    return known;
  };
  return {
    find: (model) => deployments.get(model),
    of,
    all: () =>
      [...deployments].flatMap(([model, deployment]) => deployment.versions().map((running) => ({ model, running }))),
    ready: () =>
      [...deployments.values()].every((deployment) => {
        const weighted = deployment.versions().filter((one) => one.weight > 0);
        return weighted.length === 0 || weighted.some((one) => one.answers);
      }),
    restore: (commands, sleepers) => {
      for (const command of commands)
        of(command.model).restore(
          command,
          sleepers.find(({ model }) => model === command.model),
        );
    },
    look: () => {
      for (const deployment of deployments.values()) deployment.look();
    },
    stop: async () => {
      await Promise.all([...deployments.values()].map((deployment) => deployment.stop()));
    },
  };
};
