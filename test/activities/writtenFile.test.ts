import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openGuardedFolder } from '../../activities/openGuardedFolder.js';
import { readWritten } from '../../activities/writtenFile.js';
import { getJson } from '../../activities/documents.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ferries, openBuildScene } from './buildScene.js';

for (const holding of [true, false])
  describe(
    `a file that a step wrote, ${holding ? 'held' : 'where nothing can be held'}`,
    { skip: holding && process.platform !== 'linux' },
    () => {
      const root = mkdtempSync(join(tmpdir(), 'slipway-written-'));
      after(() => rmSync(root, { recursive: true, force: true }));
      const checkout = join(root, 'checkout');
      mkdirSync(join(checkout, 'folder'), { recursive: true });
      writeFileSync(join(root, 'outside'), 'canary-value');
      writeFileSync(join(checkout, 'folder', 'file'), 'tæxt');
      writeFileSync(join(checkout, 'large'), 'x'.repeat(1024 * 1024 + 1));
      execFileSync('sh', ['-c', 'mkfifo "$0"', join(checkout, 'pipe')]);
      symlinkSync('../outside', join(checkout, 'out'));
      symlinkSync('..', join(checkout, 'up'));
      symlinkSync('folder/file', join(checkout, 'in'));
      symlinkSync('/dev/zero', join(checkout, 'device'));

      it('is read, also by a link within the checkout', async () => {
        for (const path of ['folder/file', 'in'])
          assert.deepEqual(
            await readWritten(await openGuardedFolder(checkout, holding), path, 5),
            { text: 'tæxt' },
            path,
          );
      });

      it('is refused where it is something else, with the reason, and nobody waits for it', async () => {
        const problems = {
          nothing: 'was not written',
          folder: 'is no file',
          pipe: 'is no file',
          out: 'leads out of the checkout',
          'up/outside': 'leads out of the checkout',
          device: 'leads out of the checkout',
          large: 'is larger than 1 MiB, and is not read',
        };
        for (const [path, problem] of Object.entries(problems)) {
          const missing = path === 'nothing';
          const files = await openGuardedFolder(checkout, holding);
          assert.deepEqual(await readWritten(files, path, 1024 * 1024), { missing, problem }, path);
        }
      });
    },
  );

describe('reports and outputs that are none', () => {
  const scene = openBuildScene();
  after(scene.close);
  const LIMIT = { timeout: 30_000 };
  const check = async (run: string, report: 'junit' | 'coverage') => {
    const files = ferries();
    const spec = (files['slipway.yaml'] ?? '').replace(
      'checks:\n',
      `checks:\n  - { name: own, kind: unit, run: "mkdir -p reports; ${run}", ${report}: reports/own }\n`,
    );
    const outcome = await scene.check(scene.repository.commit({ ...files, 'slipway.yaml': spec }));
    const { checks } = await getJson<{ checks: readonly { reason: string }[] }>(scene.ports.store, outcome.evidence);
    return checks[0]?.reason;
  };
  const build = async (run: string): Promise<string> => {
    const artifact =
      'mkdir -p build; for f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done';
    const step = `  steps:\n    - { name: write, run: "${artifact}; ${run}" }\n`;
    const { outcome } = await scene.build(scene.repository.commit(ferries(step)));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'output_missing');
    return outcome.message;
  };

  for (const report of ['junit', 'coverage'] as const) {
    it(`fail a check: ${report}`, LIMIT, async () => {
      const reasons = {
        'mkfifo reports/own': 'is no file',
        'ln -s /etc/hostname reports/own': 'leads out of the checkout',
        'head -c 8388609 /dev/zero > reports/own': 'is larger than 8 MiB, and is not read',
      };
      for (const [run, problem] of Object.entries(reasons))
        assert.equal(await check(run, report), `own declares reports/own, which ${problem}`);
    });
  }

  it('fail a build', LIMIT, async () => {
    assert.equal(await build('rm build/model.onnx; mkfifo build/model.onnx'), 'build/model.onnx is no file');
    assert.match(await build('rm -f package-lock.json; mkfifo package-lock.json'), /^package-lock.json is no file: /);
    assert.match(await build('ln -sf /etc/hostname requirements.txt'), /^requirements.txt leads out of the checkout: /);
  });

  it('are not the spec of a commit', LIMIT, async () => {
    const files = { ...ferries(), 'slipway.yaml': '# long\n'.repeat(160_000) };
    const { outcome } = await scene.build(scene.repository.commit(files));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'spec_invalid');
    assert.equal(outcome.message, 'slipway.yaml is larger than 1 MiB, and is not read');
  });
});
