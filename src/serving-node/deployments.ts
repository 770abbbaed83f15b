import { shareProcesses } from '../domain/routing/shareProcesses.js';
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
  /** How many processes each version has is decided anew, of those that the node has for all. */
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
  const all: Deployments['all'] = () =>
    [...deployments].flatMap(([model, deployment]) => deployment.versions().map((running) => ({ model, running })));
  return {
    find: (model) => deployments.get(model),
    of,
    all,
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
      const needed = [...deployments.values()].flatMap((deployment) => deployment.needs());
      const taken = all().reduce((sum, { running }) => sum + running.replicas.length, 0);
      const shares = shareProcesses(
        needed.map(({ need }) => need),
        { ...parts.room, taken },
      );
      for (const [at, { give }] of needed.entries()) give(shares[at]!);
    },
    stop: async () => {
      await Promise.all([...deployments.values()].map((deployment) => deployment.stop()));
    },
  };
};
