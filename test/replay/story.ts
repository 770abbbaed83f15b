import type { WorkflowHandle } from '@temporalio/client';
import type { Scene } from '../workflows/scene.js';

/** Plays on the time-skipping server up to a moment that is worth keeping. */
export type Story = (scene: Scene) => Promise<WorkflowHandle>;
