import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ROOT, openMachine, type Machine } from './setup/scene.js';

interface Outcome {
  readonly written: number;
  readonly removed: number;
  readonly bundled: boolean;
  readonly errors: readonly string[];
}

let machine: Machine;
let project: string;
beforeEach(() => {
  machine = openMachine();
  project = join(machine.folder, 'project');
});
afterEach(() => machine.end());

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
};
const built = (path: string): string => readFileSync(join(project, 'dist', path), 'utf8');
const build = async (): Promise<Outcome> => {
  const { stdout, stderr } = await machine.start(`
    const { build } = await tool('build.mjs');
    console.log(JSON.stringify(await build({ root: ${JSON.stringify(project)}, quiet: true })));`).done;
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Outcome;
};

describe('the build', () => {
  test('transpiles with source maps, copies other files, and does nothing twice', async () => {
    write('src/gate.ts', `import type { Shape } from './shape.js';\nexport const gate: Shape = { answer: 42 };\n`);
    write('src/page.html', '<p>');
    assert.deepEqual(await build(), { written: 2, removed: 0, bundled: false, errors: [] });
    assert.doesNotMatch(built('src/gate.js'), /shape/);
    assert.match(built('src/gate.js'), /sourceMappingURL=gate\.js\.map/);
    const map = JSON.parse(built('src/gate.js.map')) as { sources: string[] };
    assert.deepEqual(map.sources, ['../../src/gate.ts']);
    assert.equal(built('src/page.html'), '<p>');
    assert.equal((await build()).written, 0);
    utimesSync(join(project, 'src/gate.ts'), 1, 1);
    assert.equal((await build()).written, 0, 'another time is no other content');
    write('src/gate.ts', 'export const gate = 43;');
    assert.equal((await build()).written, 1);
  });

  test('removes what has no source any more', async () => {
    write('src/gate.ts', 'export const gate = 42;');
    await build();
    rmSync(join(project, 'src/gate.ts'));
    assert.equal((await build()).removed, 1);
    assert.ok(!existsSync(join(project, 'dist/src/gate.js')) && !existsSync(join(project, 'dist/src/gate.js.map')));
  });

  test('names every mistake with its place, builds the rest, and leaves no old output of a broken file', async () => {
    write('src/gate.ts', 'export const gate = 42;');
    await build();
    write('src/gate.ts', 'export const gate = ;');
    write('src/other.ts', 'export const other = 1;');
    const { errors } = await build();
    assert.deepEqual(errors, ['src/gate.ts:1:21: Unexpected ";"']);
    assert.ok(!existsSync(join(project, 'dist/src/gate.js')) && existsSync(join(project, 'dist/src/other.js')));
    assert.equal((await build()).errors.length, 1, 'a mistake is not forgotten');
  });

  test('two at once write everything once', async () => {
    for (let i = 0; i < 50; i += 1) write(`src/part${i}.ts`, `export const part = ${i};`);
    const outcomes = await Promise.all([build(), build(), build()]);
    assert.equal(
      outcomes.reduce((sum, { written }) => sum + written, 0),
      50,
    );
    assert.ok(!existsSync(join(project, 'dist/.build.lock')));
  });

  test('bundles the workflows anew when they or the domain changed, and only then', async () => {
    mkdirSync(project, { recursive: true });
    symlinkSync(fileURLToPath(new URL('node_modules', ROOT)), join(project, 'node_modules'));
    write(
      'workflows/index.ts',
      `import { gate } from '../src/domain/gate.js';\nexport const release = async () => gate;`,
    );
    write('src/domain/gate.ts', `export const gate = 'first';`);
    assert.deepEqual(await build(), { written: 2, removed: 0, bundled: true, errors: [] });
    write('src/server.ts', `export const server = 1;`);
    assert.equal((await build()).bundled, false);
    write('src/domain/gate.ts', `export const gate = 'second';`);
    assert.equal((await build()).bundled, true);
    assert.match(built('workflow-bundle.js'), /second/);
    write('workflows/index.ts', `export { gone } from './gone.js';`);
    assert.match((await build()).errors.join(), /workflow bundle/);
    assert.ok(!existsSync(join(project, 'dist/workflow-bundle.js')));
  });
});
