import type { StepStory } from '../src/domain/build/story.js';
import type { Ports } from './ports.js';
import type { RunningCommands } from './runningCommands.js';
import type { StageLog } from './stageLog.js';
import type { StepCache } from './stepCache.js';
import type { Workspace } from './workspace.js';

/** One build under way: what its steps run in, and whom they tell. */
export interface StepRun {
  readonly ports: Ports;
  readonly workspace: Workspace;
  readonly log: StageLog;
  readonly cache: StepCache;
  readonly commands: RunningCommands;
  readonly model: string;
  readonly releaseId: string;
  /** Ends what runs of the build. */
  readonly signal: AbortSignal;
  /** Prepares the checkout, once; asked for only where a step runs. */
  readonly install: (signal: AbortSignal) => Promise<void>;
  /** Files that must be in the checkout at the end. */
  readonly wanted: readonly string[];
  /** Told whenever a step has ended. */
  readonly tell: (stories: readonly StepStory[]) => Promise<void>;
}
