import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { execFileSync } from 'node:child_process';
import { digestListed, digestTree } from '../../activities/fileDigests.js';
import type { GuardedFolder } from '../../activities/guardedFolder.js';
import { openGuardedFolder } from '../../activities/openGuardedFolder.js';
import { readWritten } from '../../activities/writtenFile.js';

/** What is the same wherever the worker runs. Who changes names between two looks is in hostileCheckout.test.ts. */
for (const holding of [true, false])
  describe(
    `a guarded folder, ${holding ? 'held' : 'where nothing can be held'}`,
    { skip: holding && process.platform !== 'linux' },
    () => {
      let base: string;
      let checkout: string;
      let files: GuardedFolder;
      const put = (path: string, text = 'text'): void => {
        mkdirSync(join(checkout, path, '..'), { recursive: true });
        writeFileSync(join(checkout, path), text);
      };
      const place = (path: string): Promise<object> =>
        files.place(path, async (file) => {
          writeFileSync(file, 'placed');
          return {};
        });
      const refusedAs = (message: RegExp) => ({ code: 'output_missing', message });

      beforeEach(async () => {
        base = mkdtempSync(join(tmpdir(), 'slipway-guarded-'));
        checkout = join(base, 'checkout');
        mkdirSync(join(base, 'outside', 'kept'), { recursive: true });
        writeFileSync(join(base, 'outside', 'canary'), 'canary-value');
        mkdirSync(checkout);
        files = await openGuardedFolder(checkout, holding);
      });
      afterEach(() => rmSync(base, { recursive: true, force: true }));

      it('lists files and links in order, of all or of a folder, and follows no link', async () => {
        put('b/deep/er');
        put('b/a');
        put('a');
        symlinkSync('../outside', join(checkout, 'out'));
        symlinkSync('b', join(checkout, 'in'));
        const paths = async (path?: string) =>
          (await files.list(path)).map((one) => `${one.path}${one.link ? '@' : ''}`);
        assert.deepEqual(await paths(), ['a', 'b/a', 'b/deep/er', 'in@', 'out@']);
        assert.deepEqual(await paths('in'), ['a', 'deep/er'], 'a link within the checkout may be what was asked for');
        for (const path of ['out', '../outside', 'nothing', 'a']) assert.deepEqual(await paths(path), [], path);
      });

      it('places a file in folders that it makes, also behind a link within the checkout', async () => {
        mkdirSync(join(checkout, 'rows'));
        symlinkSync('rows', join(checkout, 'data'));
        for (const path of ['new/folders/file', 'data/file', 'top']) await place(path);
        for (const path of ['new/folders/file', 'rows/file', 'top'])
          assert.equal(readFileSync(join(checkout, path), 'utf8'), 'placed');
      });

      it('places nothing elsewhere', async () => {
        symlinkSync('../outside', join(checkout, 'out'));
        symlinkSync(join(base, 'nothing'), join(checkout, 'nowhere'));
        put('file');
        for (const path of ['out/file', 'out/new/file', '../file', '/file', '.', '', 'new/..'])
          await assert.rejects(place(path), refusedAs(/leads out of the checkout$/), path);
        await assert.rejects(place('nowhere/file'));
        await assert.rejects(place('file/below'));
        assert.deepEqual(readdirSync(base).sort(), ['checkout', 'outside']);
        assert.deepEqual(readdirSync(join(base, 'outside')).sort(), ['canary', 'kept']);
      });

      it('clears files, folders and links, and leaves what a link leads to', async () => {
        put('folder/deep/file');
        put('file');
        put('kept');
        symlinkSync('../../outside', join(checkout, 'folder', 'out'));
        symlinkSync('../outside', join(checkout, 'link'));
        for (const path of ['folder', 'file', 'link', 'nothing', 'no/folder', 'kept/below']) await files.clear(path);
        assert.deepEqual(readdirSync(checkout), ['kept']);
        assert.deepEqual(readdirSync(join(base, 'outside')).sort(), ['canary', 'kept']);
      });

      it('clears nothing elsewhere', async () => {
        symlinkSync('../outside', join(checkout, 'out'));
        for (const path of ['out/kept', '../outside', '.', '', 'a/../..'])
          await assert.rejects(files.clear(path), refusedAs(/leads out of the checkout$/), path);
        assert.ok(existsSync(join(base, 'outside', 'kept')));
      });

      it('is the folder that was opened, whatever is put under its name later', async () => {
        put('kept');
        renameSync(checkout, join(base, 'aside'));
        symlinkSync('outside', checkout);
        assert.deepEqual(await readWritten(files, 'canary', 100), {
          missing: false,
          problem: 'leads out of the checkout',
        });
        assert.deepEqual(await digestTree(files, undefined), {});
        await assert.rejects(place('new'), refusedAs(/leads out of the checkout$/));
        await assert.rejects(files.clear('kept'), refusedAs(/leads out of the checkout$/));
        assert.deepEqual(readdirSync(join(base, 'outside')).sort(), ['canary', 'kept']);
      });

      it('digests a file, a link as where it leads, and nothing that would wait or has gone', async () => {
        put('file');
        symlinkSync('../outside/canary', join(checkout, 'link'));
        execFileSync('sh', ['-c', 'mkfifo "$0"', join(checkout, 'pipe')]);
        assert.deepEqual(Object.keys(await digestTree(files, undefined)), ['file', 'link']);
        for (const path of ['pipe', 'gone', 'link'])
          assert.equal(await digestListed(files, { path, link: false }), undefined, path);
      });

      it('says the path of what failed, and no descriptor', async () => {
        put('folder/file');
        const failing = files.hold('folder', async ({ file }) => {
          statSync(join(file, 'nothing'));
          return {};
        });
        await assert.rejects(failing, (error: Error) =>
          error.message.includes(`'${join(checkout, 'folder', 'nothing')}'`),
        );
      });
    },
  );
