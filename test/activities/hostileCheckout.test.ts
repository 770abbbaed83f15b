/** A command that goes on while the worker works on the checkout, and changes names at the worst moment: between two steps of the worker. */
import assert from 'node:assert/strict';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it, mock } from 'node:test';
import { placeData } from '../../activities/dataInputs.js';
import type { GuardedFolder } from '../../activities/guardedFolder.js';
import { openGuardedFolder } from '../../activities/openGuardedFolder.js';
import { clearOutputs, restoreOutputs, storeOutputs } from '../../activities/stepOutputs.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { StepSpec } from '../../src/domain/spec/types.js';
import type { BlobStore } from '../../src/ports/blobStore.js';
import type { DataSource } from '../../src/ports/dataSource.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { ferries, openBuildScene } from './buildScene.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a checkout that changes under the worker', { skip: process.platform !== 'linux' }, () => {
  let base: string;
  let checkout: string;
  let files: GuardedFolder;
  const outside = (path: string): string => join(base, 'outside', path);
  const memory = createMemoryBlobStore();
  const text = async (digest: `sha256:${string}`) => new TextDecoder().decode(await memory.getBlob(digest));

  /** The folder is a link to the outside from now on. */
  const swap = (folder = 'out'): void => {
    if (existsSync(join(checkout, `${folder}.real`))) return;
    renameSync(join(checkout, folder), join(checkout, `${folder}.real`));
    symlinkSync(outside(''), join(checkout, folder));
  };
  const swappingAt = (operation: 'putBlob' | 'getBlobToFile'): BlobStore => ({
    ...memory,
    [operation]: (...given: unknown[]) => {
      swap();
      return (memory[operation] as (...all: unknown[]) => unknown)(...given);
    },
  });

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'slipway-hostile-'));
    checkout = join(base, 'checkout');
    mkdirSync(outside('kept'), { recursive: true });
    writeFileSync(outside('file'), 'canary');
    writeFileSync(outside('kept/file'), 'canary');
    chmodSync(outside('file'), 0o600);
    mkdirSync(join(checkout, 'out', 'kept'), { recursive: true });
    writeFileSync(join(checkout, 'out', 'file'), 'real');
    files = await openGuardedFolder(checkout);
  });
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
    rmSync(base, { recursive: true, force: true });
  });

  it('has only its own bytes stored as outputs', async () => {
    const stored = await storeOutputs(swappingAt('putBlob'), { files, shown: (value) => value }, 'write', ['out/file']);
    assert.deepEqual(await Promise.all(stored.map(({ digest }) => text(digest))), ['real']);
  });

  it('gets data put into no other folder', async () => {
    const { digest } = await memory.putBlob(bytes('data'));
    const step: StepSpec = {
      name: 'read',
      run: 'true',
      timeoutMs: 1000,
      env: {},
      inputs: [{ uri: 'https://data.example.com/rows', digest, path: 'out/rows' }],
    };
    const data: DataSource = {
      check: async () => undefined,
      fetch: async (_uri, path) => writeFileSync(path, 'data'),
    };
    const ports = { store: swappingAt('getBlobToFile'), data, settings: { workDirectory: base } };
    await placeData(ports, files, step, new AbortController().signal);
    assert.equal(existsSync(outside('rows')), false);
    assert.equal(readFileSync(join(checkout, 'out.real', 'rows'), 'utf8'), 'data');
  });

  it('gets outputs restored into no other folder', async () => {
    const { digest } = await memory.putBlob(bytes('output'));
    await restoreOutputs(swappingAt('getBlobToFile'), files, [{ path: 'out/file', digest, size: 6 }]);
    assert.equal(readFileSync(outside('file'), 'utf8'), 'canary');
    assert.equal(readFileSync(join(checkout, 'out.real', 'file'), 'utf8'), 'output');
  });

  it('makes nothing else executable', async () => {
    const { digest } = await memory.putBlob(bytes('program'));
    const store: BlobStore = {
      ...memory,
      getBlobToFile: async (wanted, path) => {
        const blob = await memory.getBlobToFile(wanted, path);
        rmSync(join(checkout, 'out', 'file'));
        symlinkSync(outside('file'), join(checkout, 'out', 'file'));
        return blob;
      },
    };
    await restoreOutputs(store, files, [{ path: 'out/file', digest, size: 7, executable: true }]);
    assert.equal(statSync(outside('file')).mode & 0o777, 0o600);
  });

  /** What the worker does to remove things happens a moment after the folder was swapped. */
  const swappingBefore = (names: readonly ('rm' | 'unlink' | 'rmdir')[], folder: string): void => {
    for (const name of names) {
      const real = fs.promises[name] as (...given: unknown[]) => Promise<void>;
      mock.method(fs.promises, name, (...given: unknown[]) => {
        swap(folder);
        return real(...given);
      });
    }
    syncBuiltinESMExports();
  };

  it('has nothing else deleted when an output is cleared', async () => {
    swappingBefore(['rm', 'unlink'], 'out');
    await clearOutputs(files, ['out/kept']);
    assert.ok(existsSync(outside('kept/file')));
    assert.equal(existsSync(join(checkout, 'out.real', 'kept')), false);
  });

  it('has nothing else deleted below it, either', async () => {
    writeFileSync(join(checkout, 'out', 'kept', 'file'), 'real');
    const real = fs.promises.readdir as (...given: unknown[]) => Promise<unknown>;
    mock.method(fs.promises, 'readdir', async (...given: unknown[]) => {
      const items = await real(...given);
      if (existsSync(join(checkout, 'out', 'kept'))) swap('out/kept');
      return items;
    });
    syncBuiltinESMExports();
    await clearOutputs(files, ['out']);
    assert.ok(existsSync(outside('kept/file')) && existsSync(outside('file')));
    assert.equal(existsSync(join(checkout, 'out')), false);
  });
});

describe('a step that puts something else in place of the checkout', () => {
  const scene = openBuildScene();
  after(scene.close);

  it('has nothing of it taken for its output', async () => {
    const home = join(scene.folder, 'home-of-others');
    mkdirSync(home);
    writeFileSync(join(home, 'key.pem'), 'canary');
    const run = `mv ../checkout ../aside && ln -s ${home} ../checkout`;
    const spec = `  steps:\n    - { name: move, run: "${run}", inputs: [data], outputs: [key.pem] }\n`;
    const { outcome, steps } = await scene.build(scene.repository.commit(ferries(spec)));
    assert.ok(outcome instanceof SlipwayError && outcome.code === 'output_missing', String(outcome));
    assert.equal(outcome.message, 'key.pem of move leads out of the checkout');
    assert.deepEqual(steps, []);
    assert.ok(![...scene.ports.store.objects.values()].some((one) => new TextDecoder().decode(one) === 'canary'));
  });
});
