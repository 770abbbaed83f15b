import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { findConfinement } from '../../src/adapters/process/confinement.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import { createPythonEnvironments } from '../../src/adapters/python-venv/pythonEnvironments.js';
import { openShelf } from '../../src/adapters/python-venv/shelf.js';
import type { PreparedPython } from '../../src/ports/pythonEnvironments.js';
import type { StepCommand, StepRunner } from '../../src/ports/stepRunner.js';
import { PIP_VARIABLES, whyNoPython } from '../fixtures/python.js';

const path = process.env['PATH'] ?? '';
const skip = whyNoPython() ?? false;

/** One package of the example's lock file: small, and of pure Python. */
const lockText = (): string => {
  const lock = readFileSync(resolve('examples/flight-delay-python/requirements.lock'), 'utf8');
  return /^iniconfig==.*\\\n(?: .*\\\n)* .*\n/m.exec(lock)?.[0] ?? '';
};

const wrongHashes = (): string =>
  lockText()
    .replaceAll(/sha256:[0-9a-f]/g, 'sha256:f')
    .replace(/:f/, ':e');

describe('environments of Python', { skip }, () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-venv-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  let folders = 0;

  const open = () => {
    const folder = join(root, String((folders += 1)));
    let installations = 0;
    const runner = createStepRunner({ path });
    const steps: StepRunner = {
      run: (step, onOutput, signal) => {
        installations += 1;
        return runner.run(step, onOutput, signal);
      },
    };
    const python = createPythonEnvironments({ folder, path, steps });
    const prepare = (text = lockText(), signal = new AbortController().signal, onOutput = (): void => undefined) =>
      python.prepare({ text, env: PIP_VARIABLES, timeoutMs: 120_000 }, onOutput, signal);
    return {
      folder,
      python,
      prepare,
      installations: () => installations,
      environments: () => readdirSync(folder).filter((name) => name.includes('.')),
    };
  };
  const ready = (prepared: PreparedPython): PreparedPython & { kind: 'ready' } => {
    assert.equal(prepared.kind, 'ready', JSON.stringify(prepared));
    return prepared;
  };
  const run = async ({ tools, env }: PreparedPython & { kind: 'ready' }, command: string) => {
    const runner = createStepRunner({ path });
    const step = { command, directory: root, env, tools, timeoutMs: 60_000 };
    return runner.run(step, () => undefined, new AbortController().signal);
  };

  it('has what the lock file says, is made once, and is found by its digest again', async () => {
    const { prepare, installations, python } = open();
    const first = ready(await prepare());
    const asked = 'import iniconfig, os, sys; print(sys.prefix == os.environ["VIRTUAL_ENV"], sys.version.split()[0])';
    const { end, tail } = await run(first, `python -c '${asked}'`);
    assert.deepEqual([end, tail.trim()], [{ kind: 'exited', code: 0 }, `True ${await python.version()}`]);
    assert.deepEqual(ready(await prepare()), first);
    assert.equal(installations(), 1);
    if ((await findConfinement(path)).kind === 'namespace') {
      // A new file: what is there may be a link to the interpreter of this machine.
      const changed = await run(first, 'touch "$VIRTUAL_ENV/left-by-a-step"');
      assert.notDeepEqual(changed.end, { kind: 'exited', code: 0 });
    }
  });

  it('is one where two are made at once', async () => {
    const { prepare, environments } = open();
    const [one, other] = (await Promise.all([prepare(), prepare()])).map(ready);
    assert.deepEqual(one, other);
    assert.equal(environments().length, 1);
  });

  it('leaves nothing where its installation is cancelled', async () => {
    const { prepare, folder } = open();
    const cancel = new AbortController();
    const cut = prepare(wrongHashes(), cancel.signal, () => cancel.abort(new Error('cancelled')));
    await assert.rejects(cut, /cancelled/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is not made of a package that is not what the lock file says, or that it gives no hash of', async () => {
    const { prepare, environments } = open();
    const other = await prepare(wrongHashes());
    assert.match(other.kind === 'failed' ? other.result.tail : '', /DO NOT MATCH THE HASHES/);
    await assert.rejects(prepare('iniconfig==2.3.1\n'), { code: 'lock_refused', message: /line 1 .*--hash/ });
    assert.deepEqual(environments(), []);
  });

  it('runs no code of a package that is built, and is made beside others without a way to them', async () => {
    const { prepare, folder } = open();
    const victim = ready(await prepare('# of another model\n'));
    const archive = builtPackage(root);
    const server = createServer((_request, response) => response.end(archive)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/evil-1.0.tar.gz`;
    const hash = `--hash=sha256:${createHash('sha256').update(archive).digest('hex')}`;
    try {
      for (const text of [
        `evil @ ${address} ${hash}\n`,
        `--no-binary evil\n--find-links ${address}\nevil==1.0 ${hash}\n`,
      ])
        await assert.rejects(prepare(text), { code: 'lock_refused' });
    } finally {
      server.close();
    }
    assert.doesNotMatch((await run(victim, 'python -c "print(1)"')).tail, /code of a package/);
    const { root: writable, env, directory } = await whatIsRun(folder);
    assert.equal(writable ?? directory, directory, 'of the folder of all only its own part is written to');
    assert.ok(env['PIP_CACHE_DIR']?.startsWith(`${directory}/`), 'nobody finds what it left in a cache');
  });
});

/** A source package whose build puts code into every environment beside its own. */
const builtPackage = (root: string): Buffer => {
  const source = join(root, 'evil-1.0');
  mkdirSync(source);
  writeFileSync(
    join(source, 'pyproject.toml'),
    '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n[project]\nname = "evil"\nversion = "1.0"\n',
  );
  writeFileSync(join(source, 'PKG-INFO'), 'Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n');
  writeFileSync(
    join(source, 'evil.py'),
    'import glob, os\n' +
      'shelf = os.path.join(os.environ["HOME"], "..", "..")\n' +
      'for site in glob.glob(shelf + "/*/venv/lib/python*/site-packages"):\n' +
      '    open(site + "/x.pth", "w").write("import sys; print(\'code of a package\')\\n")\n',
  );
  execFileSync('tar', ['czf', join(root, 'evil-1.0.tar.gz'), '-C', root, 'evil-1.0']);
  return readFileSync(join(root, 'evil-1.0.tar.gz'));
};

/** The command that makes an environment; nothing is run. */
const whatIsRun = async (folder: string): Promise<StepCommand> => {
  let given: StepCommand | undefined;
  const steps: StepRunner = {
    run: (step) => {
      given = step;
      return Promise.reject(new Error('enough'));
    },
  };
  const python = createPythonEnvironments({ folder, path, steps });
  const asked = python.prepare(
    { text: lockText(), env: {}, timeoutMs: 1_000 },
    () => undefined,
    new AbortController().signal,
  );
  await assert.rejects(asked, /enough/);
  assert.ok(given !== undefined);
  return given;
};

describe('a worker without Python', () => {
  it('says so', async () => {
    const python = createPythonEnvironments({
      folder: '/nowhere',
      path: '/nowhere',
      steps: createStepRunner({ path }),
    });
    assert.equal(await python.version(), undefined);
    await assert.rejects(
      python.prepare({ text: '', env: {}, timeoutMs: 1_000 }, () => undefined, new AbortController().signal),
      { code: 'python_missing' },
    );
  });
});

describe('environments of Python for steps that run in an image', () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-venv-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  const exited = { end: { kind: 'exited', code: 0 }, durationMs: 1, logBytes: 0, logCapped: false } as const;
  /** Steps of an image with an interpreter that this machine does not have. */
  const imageSteps = () => {
    const ran: StepCommand[] = [];
    const steps: StepRunner = {
      run: async (step) => {
        ran.push(step);
        if (!step.command.includes(' -m venv ')) return { ...exited, tail: '["/opt/image/python3.12", "3.12.1"]\n' };
        mkdirSync(join(step.directory, 'venv/bin'), { recursive: true });
        symlinkSync('/opt/image/python3.12', join(step.directory, 'venv/bin/python'));
        return { ...exited, tail: '' };
      },
    };
    return { steps, ran };
  };
  const prepare = async (image: string) => {
    const { steps, ran } = imageSteps();
    const python = createPythonEnvironments({ folder: root, path: '', steps, image });
    assert.equal(await python.version(), '3.12.1');
    const lock = { text: lockText(), env: {}, timeoutMs: 1_000 };
    const prepared = await python.prepare(lock, () => undefined, new AbortController().signal);
    return { prepared, made: ran.filter(({ command }) => command.includes(' -m venv ')) };
  };

  it('are made with the interpreter of the image, once for each image', async () => {
    const first = await prepare('sha256:one');
    assert.deepEqual(
      first.made.map(({ env }) => env['PYTHON']),
      ['/opt/image/python3.12'],
    );
    const again = await prepare('sha256:one');
    assert.deepEqual([again.prepared, again.made], [first.prepared, []]);
    const other = await prepare('sha256:other');
    assert.notDeepEqual(other.prepared, first.prepared);
    assert.equal(other.made.length, 1);
  });
});

describe('the shelf of environments', () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-shelf-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  const shelf = openShelf(root, async (folder) => existsSync(join(folder, 'venv/bin/python')));
  const make = async (key: string): Promise<string> => {
    const folder = await shelf.begin(key);
    mkdirSync(join(folder, 'venv/bin'), { recursive: true });
    writeFileSync(join(folder, 'venv/bin/python'), '', { mode: 0o755 });
    return folder;
  };
  const age = (folder: string, days: number): void => {
    const then = new Date(Date.now() - days * 86_400_000);
    utimesSync(folder, then, then);
  };

  it('shows nothing that is not finished', async () => {
    const folder = await make('unfinished');
    assert.equal(await shelf.find('unfinished'), undefined);
    assert.equal(await shelf.finish('unfinished', folder), folder);
    assert.equal(await shelf.find('unfinished'), folder);
  });

  it('keeps the first of two, and nothing of the second', async () => {
    const [one, other] = [await make('two'), await make('two')];
    assert.equal(await shelf.finish('two', other), other);
    assert.equal(await shelf.finish('two', one), other);
    assert.deepEqual([existsSync(one), await shelf.find('two')], [false, other]);
  });

  it('does not show what somebody took a part of away, so that it is made anew', async () => {
    await shelf.finish('broken', await make('broken'));
    rmSync(join(root, 'broken/venv/bin/python'));
    assert.equal(await shelf.find('broken'), undefined);
    const again = await make('broken');
    assert.equal(await shelf.finish('broken', again), again);
  });

  it('takes away what was cut off a day ago, and what nobody used for a month, and no more', async () => {
    const [cut, cutNow, old, used] = [await make('cut'), await make('cut'), await make('old'), await make('used')];
    for (const [key, folder] of Object.entries({ old, used })) await shelf.finish(key, folder);
    age(cut, 2);
    for (const folder of [old, used]) age(folder, 31);
    assert.equal(await shelf.find('used'), used);
    await shelf.sweep();
    assert.deepEqual([cut, cutNow, old, used].map(existsSync), [false, true, false, true]);
    assert.deepEqual([await shelf.find('old'), await shelf.find('used')], [undefined, used]);
  });
});
