import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { STORIES } from './stories.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';

installQuietRuntime();

const folder = fileURLToPath(new URL('../../../test/replay/histories/', import.meta.url));
const code = readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

const replay = async (name: string, workflowBundle: WorkflowBundle): Promise<void> => {
  const history: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle, replayName: name }, history);
};

describe('recorded histories', () => {
  it('covers every story', () => {
    assert.deepEqual(
      names
        .map((name) => name.replace('.json', ''))
        .filter((name) => name in STORIES)
        .sort(),
      Object.keys(STORIES).sort(),
    );
  });

  for (const name of names) {
    it(`${name} replays`, () => replay(name, { code }));
  }

  it('a workflow that asks for something else is caught', async () => {
    // The first activity of a release under another name: what a careless rename does to every history out there.
    const broken = code.replaceAll('runChecks.executeWithOptions', 'runOtherChecks.executeWithOptions');
    assert.notEqual(broken, code, 'the planted change did not apply');
    await assert.rejects(replay('release-waiting-v1.json', { code: broken }), DeterminismViolationError);
  });
});
