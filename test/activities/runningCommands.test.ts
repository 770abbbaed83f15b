import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createBuildModel } from '../../activities/buildModel.js';
import { watchCommands, type RunningCommand } from '../../activities/runningCommands.js';
import { eventually } from '../fixtures/eventually.js';
import { ferries, MODEL, openBuildScene } from './buildScene.js';
import { askedBy } from '../fixtures/askedBy.js';

const NOTHING = { write: () => undefined, note: () => undefined };

describe('commands under way', () => {
  it('are told with how far their output has come, and how long they are silent', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const commands = watchCommands(() => now);
    const told: RunningCommand[] = [];
    const tell = (): void => void told.push(...commands.details().running);
    await commands.watch(
      'train',
      NOTHING,
      async (log) => {
        now += 5_000;
        tell();
        log.write(Buffer.from('epoch 1\n\u001b[2mepoch 2 of 9\r\n'));
        log.note('a line of ours');
        now += 61_500;
        tell();
      },
      2,
    );
    const since = '2026-01-01T00:00:00.000Z';
    assert.deepEqual(told, [
      { name: 'train', attempt: 2, since, outputBytes: 0, silentSeconds: 5 },
      {
        ...{ name: 'train', attempt: 2, since, outputBytes: 26, lastOutput: '2026-01-01T00:00:05.000Z' },
        ...{ lastLine: '[2mepoch 2 of 9', silentSeconds: 61 },
      },
    ]);
    assert.deepEqual(commands.details(), { running: [] });
  });
});

describe('a build', () => {
  const scene = openBuildScene();
  after(scene.close);

  it('tells with its heartbeats which step runs, and its silence', async () => {
    const gate = join(scene.shared, 'gate');
    const commit = scene.repository.commit(
      ferries(
        `  steps:\n    - { name: train, run: "echo epoch 1; until test -e ${gate}; do sleep 0.05; done; mkdir -p build; for f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done" }\n`,
      ),
    );
    const environment = askedBy(`release/${MODEL}/${commit}`);
    const beats: RunningCommand[] = [];
    environment.on('heartbeat', (details: { readonly running: readonly RunningCommand[] }) => {
      beats.push(...details.running.filter(({ name }) => name === 'train'));
    });
    const input = { releaseId: `release/${MODEL}/${commit}`, model: MODEL, repository: MODEL, commit, params: {} };
    const building = environment.run(createBuildModel(scene.ports), input);
    await eventually(() => assert.ok((beats.at(-1)?.silentSeconds ?? 0) >= 1), 30_000);
    writeFileSync(gate, '');
    await building;
    const { attempt, outputBytes, lastLine } = beats.at(-1)!;
    assert.deepEqual({ attempt, outputBytes, lastLine }, { attempt: 1, outputBytes: 8, lastLine: 'epoch 1' });
  });
});
