import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { access, chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { leavesTree } from '../../src/adapters/git/linkTargets.js';
import { withFileLock } from '../../src/adapters/git/fileLock.js';
import { createGit, type Git } from '../../src/adapters/git/gitCommand.js';
import { authorsBetween } from '../../src/adapters/git/history.js';
import { parseAddress } from '../../src/adapters/git/repositoryAddress.js';
import { createGitSourceControl } from '../../src/adapters/git/sourceControl.js';
import type { SourceControl } from '../../src/ports/sourceControl.js';
import { createGitRepository, type GitRepository } from '../fixtures/gitRepository.js';

const path = process.env['PATH'] ?? '';
let directory: string;
let repository: GitRepository;
let source: SourceControl;
let trees = 0;
const checkout = async (commit: string): Promise<string> => {
  const tree = join(directory, `tree-${trees++}`);
  await source.checkout('model', commit, tree);
  return tree;
};

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-git-'));
  repository = createGitRepository(join(directory, 'roots', 'model'));
  source = createGitSourceControl({
    repositories: { model: { url: repository.directory, branch: 'main' } },
    sourceRoots: [join(directory, 'roots')],
    cacheDirectory: join(directory, 'cache'),
    path,
  });
});
after(() => rm(directory, { recursive: true, force: true }));

/** Every object a file of its own, so that one of them can be damaged. */
const unpack = async (mirror: string): Promise<void> => {
  const packs = join(mirror, 'objects', 'pack');
  const names = (await readdir(packs)).filter((name) => name.endsWith('.pack'));
  const bodies = await Promise.all(names.map((name) => readFile(join(packs, name))));
  await rm(packs, { recursive: true });
  for (const input of bodies) execFileSync('git', [`--git-dir=${mirror}`, 'unpack-objects', '-q'], { input });
};

describe('a branch that is named like a commit', () => {
  it('is no commit, and hides none', async () => {
    const theirs = repository.commit({ 'a.txt': 'theirs' });
    const own = repository.commit({ 'a.txt': 'own' });
    for (const name of ['beefcafe'.repeat(8), 'beefcafe', theirs.slice(0, 12)]) {
      repository.git('branch', name, own);
      await source.head('model');
      await assert.rejects(source.describe('model', name), { code: 'unknown_commit' });
      await assert.rejects(checkout(name), { code: 'unknown_commit' });
    }
    assert.equal((await source.describe('model', theirs)).commit, theirs);
    assert.equal((await source.describe('model', own.slice(0, 12))).commit, own);
  });
});

describe('addresses of repositories', () => {
  const refused = [
    'ext::sh -c touch% /tmp/owned',
    'EXT::sh',
    'Ext::sh',
    'fd::17',
    '--upload-pack=touch /tmp/owned',
    '-oProxyCommand=x',
    'ssh://-oProxyCommand=touch/x',
    'ssh://-x@host/x',
    '-x@host:path',
    'host:-path',
    'http://example.test/x.git',
    'git://example.test/x.git',
    'ftp://example.test/x.git',
    'https://user:secret@example.test/x.git',
    'file:///etc',
    'FILE:///etc',
    '/etc',
    '../relative',
    'relative',
    '',
    'https://example.test/x\n.git',
  ];
  for (const url of refused) {
    it(`refuses ${JSON.stringify(url)}`, async () => {
      await assert.rejects(parseAddress(url, [join(directory, 'roots')]), { code: 'repository_refused' });
    });
  }

  it('takes https, ssh in both forms, and folders below a root', async () => {
    assert.equal((await parseAddress('https://example.test/team/model.git', [])).kind, 'https');
    assert.equal((await parseAddress('ssh://git@example.test:2222/model.git', [])).kind, 'ssh');
    assert.equal((await parseAddress('git@example.test:team/model.git', [])).kind, 'ssh');
    assert.equal((await parseAddress(`file://${repository.directory}`, [join(directory, 'roots')])).kind, 'local');
  });

  it('refuses a link below a root that leads elsewhere', async () => {
    const outside = createGitRepository(join(directory, 'elsewhere'));
    const link = join(directory, 'roots', 'link');
    const { symlink } = await import('node:fs/promises');
    await symlink(outside.directory, link);
    await assert.rejects(parseAddress(link, [join(directory, 'roots')]), { code: 'repository_refused' });
  });

  it('never lets any text become anything but an allowed address', async () => {
    const piece = fc.constantFrom(
      'ext',
      '::',
      'ssh',
      '://',
      '-',
      'file',
      'https',
      'host',
      '/',
      ':',
      '@',
      'sh',
      ' ',
      '%',
      'x',
      '.',
      '\n',
      'a=b',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const url = pieces.join('');
        const address = await parseAddress(url, []).catch(() => undefined);
        if (address === undefined) return;
        assert.ok(address.kind !== 'local');
        assert.match(url, /^(https:\/\/|ssh:\/\/|[^-:/][^:/]*:)/i);
        assert.doesNotMatch(url, /^[^/]*::|\s|^-/);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('links of a tree', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a', 'b', false],
    ['a/b', '../c', false],
    ['a/b', '../../c', true],
    ['a', '/etc/passwd', true],
    ['a', '..', true],
    ['a/b/c', '../..', false],
    ['a/y', 'x/../../..', true],
    ['a/b', './../c', false],
    ['a', '', true],
  ];
  for (const [link, target, leaves] of cases) {
    it(`${link} -> ${JSON.stringify(target)} ${leaves ? 'may leave' : 'stays'}`, () =>
      assert.equal(leavesTree(link, target), leaves));
  }

  it('are kept where they stay inside, and refuse the checkout where they may leave', async () => {
    const inside = repository.commit({ 'data/real.txt': 'real', 'links/alias': { link: '../data/real.txt' } });
    const tree = await checkout(inside);
    assert.ok((await lstat(join(tree, 'links/alias'))).isSymbolicLink());
    assert.equal(await readFile(join(tree, 'links/alias'), 'utf8'), 'real');
    // Each alone stays inside; together they would not.
    const outside = repository.commit({ 'a/b/c/x': { link: '../../..' }, 'a/b/c/y': { link: 'x/..' } });
    await assert.rejects(checkout(outside), { code: 'repository_refused' });
    const absolute = repository.commit({ 'a/b/c/y': null, passwd: { link: '/etc/passwd' } });
    await assert.rejects(checkout(absolute), { code: 'repository_refused' });
    repository.commit({ passwd: null, 'a/b/c/x': null });
  });
});

describe('a checkout', () => {
  it('has no .git, runs no hook or filter, fetches no submodule, and changes no file', async () => {
    const owned = join(directory, 'owned');
    const hook = join(repository.directory, '.git', 'hooks', 'post-checkout');
    await mkdir(join(repository.directory, '.git', 'hooks'), { recursive: true });
    await writeFile(hook, `#!/bin/sh\ntouch ${owned}\n`);
    await chmod(hook, 0o755);
    repository.git('config', 'uploadpack.packObjectsHook', `sh -c 'touch ${owned}'`);
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    const commit = repository.commit({
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\nsecret.txt export-ignore\nstamp.txt export-subst\n',
      'model.bin': pointer,
      'secret.txt': 'kept',
      'stamp.txt': '$Format:%H$',
      '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c touch% owned\n',
    });
    const tree = await checkout(commit);
    assert.deepEqual((await readdir(tree)).includes('.git'), false);
    assert.equal(await readFile(join(tree, 'model.bin'), 'utf8'), pointer);
    assert.equal(await readFile(join(tree, 'secret.txt'), 'utf8'), 'kept');
    assert.equal(await readFile(join(tree, 'stamp.txt'), 'utf8'), '$Format:%H$');
    await assert.rejects(access(owned));
  });

  it('keeps the executable bit and names of any kind', async () => {
    await writeFile(join(repository.directory, 'run.sh'), '#!/bin/sh\n');
    await chmod(join(repository.directory, 'run.sh'), 0o755);
    const tree = await checkout(repository.commit({ '--help': 'x', 'ü b/ c.txt': 'y', '$(touch owned)': 'z' }));
    assert.ok(((await lstat(join(tree, 'run.sh'))).mode & 0o100) !== 0);
    assert.equal(await readFile(join(tree, 'ü b/ c.txt'), 'utf8'), 'y');
    assert.equal(await readFile(join(tree, '--help'), 'utf8'), 'x');
  });

  it('takes hashes only, whatever stands in their place', async () => {
    for (const commit of ['--upload-pack=x', 'main', 'HEAD', '$(id)', '-c', 'HEAD~1', '']) {
      await assert.rejects(source.describe('model', commit), { code: 'unknown_commit' });
    }
  });

  it('does not write into a directory that has something in it', async () => {
    const { commit } = await source.head('model');
    const tree = await checkout(commit);
    await assert.rejects(source.checkout('model', commit, tree), { code: 'internal' });
  });
});

describe('the first line of a commit', () => {
  it('is told up to a length, whatever somebody wrote there', async () => {
    const commit = repository.commit({ 'wordy.txt': 'x' }, undefined, 'w'.repeat(5_000));
    await source.head('model');
    assert.match((await source.describe('model', commit)).subject, /^w{499}…$/);
  });
});

describe('a history with merges', () => {
  it('counts by first parent, and names who wrote on the side', async () => {
    const base = (await source.head('model')).order;
    repository.git('checkout', '--quiet', '-b', 'side');
    const side = repository.commit({ side: '1' }, 'side@example.test', 'on the side');
    repository.git('checkout', '--quiet', 'main');
    const main = repository.commit({ main: '1' });
    repository.git('merge', '--quiet', '--no-ff', '--message', 'merge', 'side');
    const head = await source.head('model');
    assert.equal(head.order, base + 2);
    const merger = { authorEmail: 'author@example.test', committerEmail: 'author@example.test' };
    const other = { authorEmail: 'side@example.test', committerEmail: 'side@example.test' };
    assert.deepEqual(new Set(await source.authorsBetween('model', main, head.commit)), new Set([merger, other]));
    assert.deepEqual(await source.authorsBetween('model', side, main), [merger]);
  });

  it('counts all authors where the start was rewritten away', async () => {
    const head = await source.head('model');
    const all = await source.authorsBetween('model', undefined, head.commit);
    assert.ok(all.length > 1);
    assert.deepEqual(await source.authorsBetween('model', 'e'.repeat(40), head.commit), all);
  });
});

describe('a history made up of names', () => {
  it('is refused before it fills the memory', async () => {
    let chunks = 0;
    const endless: Git = async (_, options) => {
      for (;;) {
        const name = String(chunks++).padStart(60, 'x');
        options?.onOutput?.(Buffer.from(`${`${name}\0`.repeat(1000)}\n`));
      }
    };
    await assert.rejects(authorsBetween(endless, undefined, 'a'.repeat(40)), { code: 'repository_refused' });
    assert.ok(chunks < 300);
  });

  it('ends git where it is refused', async () => {
    const git = createGit({ env: { PATH: path } });
    const refuse = (): never => {
      throw new Error('enough');
    };
    const log = [`--git-dir=${join(repository.directory, '.git')}`, 'log'];
    await assert.rejects(git(log, { onOutput: refuse }), /enough/);
  });
});

describe('a git that is killed while it answers', () => {
  const genuine = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  let cache: string;
  before(() => {
    cache = join(directory, 'cache-killed');
  });

  /** The system's git, but whenever it is asked for `verb` it is killed as by the kernel that runs out of memory. */
  const withoutIts = async (verb: string): Promise<SourceControl> => {
    const folder = join(directory, `git-without-${verb}`);
    await mkdir(folder, { recursive: true });
    const script = `#!/bin/sh\nfor word; do [ "$word" = ${verb} ] && kill -9 $$; done\nexec ${genuine} "$@"\n`;
    await writeFile(join(folder, 'git'), script, { mode: 0o755 });
    return createGitSourceControl({
      repositories: { model: { url: repository.directory, branch: 'main' } },
      sourceRoots: [join(directory, 'roots')],
      cacheDirectory: cache,
      path: `${folder}:${path}`,
    });
  };

  for (const verb of ['rev-parse', 'rev-list', 'log']) {
    it(`has not said that there is no commit, nor where it stands: ${verb}`, async () => {
      const commit = repository.git('rev-parse', 'HEAD');
      const killed = await withoutIts(verb);
      const unreachable = { code: 'repository_unreachable' };
      await assert.rejects(killed.head('model'), unreachable);
      await assert.rejects(killed.describe('model', commit), unreachable);
      if (verb !== 'rev-list') await assert.rejects(killed.authorsBetween('model', undefined, commit), unreachable);
    });
  }

  it('is asked again, and then has', async () => {
    const whole = await withoutIts('nothing');
    const head = await whole.head('model');
    assert.deepEqual(await whole.describe('model', head.commit), head);
    await assert.rejects(whole.describe('model', 'f'.repeat(40)), { code: 'unknown_commit' });
  });
});

describe('mirrors', () => {
  it('are brought up to date by many at once', async () => {
    const commit = repository.commit({ many: '1' });
    const infos = await Promise.all(Array.from({ length: 6 }, () => source.head('model')));
    assert.deepEqual(new Set(infos.map((info) => info.commit)), new Set([commit]));
  });

  it('are made anew where a process died while it fetched, or files are damaged', async () => {
    const cache = join(directory, 'cache');
    const [name] = (await readdir(cache)).filter((entry) => entry.length === 32);
    const died = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await new Promise((resolve) => died.once('exit', resolve));
    await writeFile(join(cache, name!, 'lock'), String(died.pid));
    await writeFile(join(cache, name!, 'mirror.git', 'HEAD'), 'damaged');
    assert.equal((await source.head('model')).commit, repository.git('rev-parse', 'HEAD'));
    await writeFile(join(cache, name!, 'mirror.git', 'HEAD'), 'damaged');
    assert.equal((await source.head('model')).commit, repository.git('rev-parse', 'HEAD'));
  });

  it('are made anew where a file of a commit is damaged, once a checkout has met it', async () => {
    const cacheDirectory = join(directory, 'damaged');
    const options = { sourceRoots: [join(directory, 'roots')], cacheDirectory, path };
    const small = createGitRepository(join(directory, 'roots', 'small'));
    const damaged = createGitSourceControl({
      ...options,
      repositories: { model: { url: small.directory, branch: 'main' } },
    });
    const commit = small.commit({ damaged: 'whole' });
    await damaged.head('model');
    const [name] = await readdir(cacheDirectory);
    const blob = small.git('rev-parse', `${commit}:damaged`);
    const mirror = join(cacheDirectory, name!, 'mirror.git');
    await unpack(mirror);
    const file = join(mirror, 'objects', blob.slice(0, 2), blob.slice(2));
    await chmod(file, 0o600);
    await writeFile(file, 'damaged');
    await assert.rejects(damaged.checkout('model', commit, join(directory, `tree-${trees++}`)), {
      code: 'repository_unreachable',
    });
    await damaged.checkout('model', commit, join(directory, `tree-${trees++}`));
  });

  it('say when the repository has gone, and still have what they fetched', async () => {
    const { commit } = await source.head('model');
    const { rename } = await import('node:fs/promises');
    await rename(join(repository.directory, '.git'), join(directory, 'gone'));
    await assert.rejects(source.head('model'), { code: 'repository_unreachable' });
    assert.equal((await source.describe('model', commit)).commit, commit);
    await rename(join(directory, 'gone'), join(repository.directory, '.git'));
  });

  it('say when an https repository does not answer', async () => {
    const far = createGitSourceControl({
      repositories: { model: { url: 'https://127.0.0.1:1/x.git', branch: 'main' } },
      sourceRoots: [],
      cacheDirectory: join(directory, 'cache'),
      path,
    });
    await assert.rejects(far.head('model'), { code: 'repository_unreachable' });
  });
});

describe('the lock of a mirror', () => {
  it('has one holder at a time', async () => {
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 5 }, () =>
        withFileLock(join(directory, 'some.lock'), async () => {
          most = Math.max(most, ++holders);
          await new Promise((resume) => setImmediate(resume));
          holders -= 1;
        }),
      ),
    );
    assert.equal(most, 1);
  });
});
