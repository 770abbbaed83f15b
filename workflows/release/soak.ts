import { condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { SoakLook } from '../../src/domain/rollout/judgeSoak.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { control } from '../retry.js';
import { passedBy } from './breakGlass.js';
import type { StageResult } from './stages.js';
import type { Story } from './story.js';

const { lookAtSoak } = proxyActivities<Activities>(control);

/** Looks in one soak time; the time between two is what a fault can hide in at most. */
const LOOKS = 12;
/** A version that begins anew all the time is given up after so many soak times. */
const PATIENCE = 4;

/**
 * Waits until the version has been sound in an environment for as long as its spec says, in one piece. The time begins at
 * the first sound look, which is right after its deployment, its smoke test and its gates.
 */
export const soak = (story: Story, environment: EnvironmentSpec, soakMs: number): Promise<void> =>
  story.stage('soak', environment.name, async () => {
    const began = Date.now();
    let looks: readonly SoakLook[] = [];
    for (;;) {
      const at = Date.now();
      const since = looks[0]?.at ?? at;
      const { look, verdict, evidence } = await lookAtSoak.executeWithOptions(
        { summary: `is it sound in ${environment.name}?` },
        [
          {
            releaseId: story.releaseId,
            model: story.model,
            environment: environment.name,
            artifactDigest: story.artifact(),
            soakMs,
            at,
            looks,
          },
        ],
      );
      if (verdict.kind === 'failed') return failed(verdict.reason);
      if (evidence !== undefined)
        return { verdict: 'pass', reason: `sound since ${utc(since)}`, evidence, result: undefined };
      const anew = verdict.kind === 'anew' ? verdict.reason : undefined;
      // What is not as it was may be sound by itself: then its time begins with this look.
      looks = anew === undefined ? [...looks, look] : look.ill === undefined ? [look] : [];
      const until = (looks[0]?.at ?? Date.now()) + soakMs;
      if (until > began + PATIENCE * soakMs)
        return failed(`it was not sound for long enough: ${anew ?? 'it began too late'}`);
      story.tellStage(
        'soak',
        environment.name,
        `soaking until ${utc(until)}${anew === undefined ? '' : `, anew: ${anew}`}`,
      );
      const pause = Math.max(1, Math.min(Math.ceil(soakMs / LOOKS), until - Date.now()));
      await condition(() => story.glass.isOpen('soak', environment.name), pause, {
        summary: `soaks in ${environment.name} until ${utc(until)}`,
      });
      const broken = story.glass.take('soak', environment.name);
      if (broken !== undefined) return { verdict: 'pass', reason: passedBy(broken), result: undefined };
    }
  });

const failed = (reason: string): StageResult<undefined> => ({ verdict: 'fail', reason, result: undefined });

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
