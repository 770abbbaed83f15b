import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CommitStatus, SourceControl } from '../../src/ports/sourceControl.js';

export interface SourceControlHarness {
  /** Has one repository, `model`, without a commit. */
  readonly source: SourceControl;
  commit(files: Readonly<Record<string, string | null>>, by?: string, subject?: string): string;
  /** Adds so many commits without a change. */
  grow(commits: number, by: string): string;
  /** What was reported of a commit last, under this context. */
  reported(commit: string, context: string): Promise<Pick<CommitStatus, 'state' | 'description'> | undefined>;
}

const UNKNOWN = 'f'.repeat(40);

/** What every SourceControl does, fake or real. */
export const describeSourceControl = (
  name: string,
  open: (directory: string) => Promise<SourceControlHarness>,
): void => {
  describe(`SourceControl contract: ${name}`, () => {
    let directory: string;
    let harness: SourceControlHarness;
    const commits: string[] = [];

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-source-'));
      harness = await open(directory);
    });
    after(() => rm(directory, { recursive: true, force: true }));

    it('says that an empty branch has no commit, and a repository nobody configured is none', async () => {
      await assert.rejects(harness.source.head('model'), { code: 'unknown_commit' });
      await assert.rejects(harness.source.head('other'), { code: 'unknown_model' });
    });

    it('sees every new head with its position', async () => {
      commits.push(harness.commit({ 'slipway.yaml': 'one', 'src/a.txt': 'a' }, 'author@example.test', 'first'));
      const first = await harness.source.head('model');
      const { at, ...rest } = first;
      assert.deepEqual(rest, {
        commit: commits[0],
        order: 1,
        authorEmail: 'author@example.test',
        committerEmail: 'author@example.test',
        subject: 'first',
      });
      assert.ok(at >= Date.parse('2001-01-01T00:00:00Z'));
      commits.push(harness.commit({ 'slipway.yaml': 'two' }, 'second@example.test'));
      commits.push(harness.commit({ 'src/a.txt': null, 'b.txt': 'b' }));
      assert.deepEqual((({ commit, order }) => ({ commit, order }))(await harness.source.head('model')), {
        commit: commits[2],
        order: 3,
      });
    });

    it('knows which files a commit has', async () => {
      const has = (commit: string, path: string) => harness.source.has('model', commit, path);
      assert.deepEqual(
        [await has(commits[0]!, 'src/a.txt'), await has(commits[2]!, 'src/a.txt'), await has(commits[2]!, 'src')],
        [true, false, false],
      );
      await assert.rejects(has(UNKNOWN, 'b.txt'), { code: 'unknown_commit' });
    });

    it('describes commits that are no longer the head', async () => {
      const second = await harness.source.describe('model', commits[1]!);
      assert.deepEqual([second.commit, second.order, second.authorEmail], [commits[1], 2, 'second@example.test']);
    });

    const authors = async (from: string | undefined, to: string): Promise<readonly string[]> =>
      (await harness.source.authorsBetween('model', from, to))
        .map(({ authorEmail, committerEmail }) => `${authorEmail} ${committerEmail}`)
        .sort();
    const pair = (name: string): string => `${name}@example.test ${name}@example.test`;

    it('names who wrote what came between two commits, each once', async () => {
      assert.deepEqual(await authors(commits[0], commits[1]!), [pair('second')]);
      assert.deepEqual(await authors(commits[0], commits[2]!), [pair('author'), pair('second')]);
      assert.deepEqual(await authors(undefined, commits[2]!), [pair('author'), pair('second')]);
      assert.deepEqual(await authors(commits[2], commits[2]!), []);
      assert.deepEqual(await authors(commits[2], commits[0]!), [], 'what is older brings nobody');
    });

    it('names who wrote a commit together with its author', async () => {
      const trailers = 'Co-authored-by: One <one@example.test>\nco-authored-BY: Two <Two@example.test>';
      const made = harness.commit({ 'c.txt': 'c' }, undefined, `together\n\nWords.\n\n${trailers}`);
      const { coAuthors, subject } = await harness.source.describe('model', made);
      assert.deepEqual([coAuthors, subject], [['one@example.test', 'Two@example.test'], 'together']);
      const between = await harness.source.authorsBetween('model', commits[1], made);
      assert.deepEqual(new Set(between.map((authors) => authors.coAuthors)), new Set([coAuthors, undefined]));
    });

    it('checks out exactly the files of a commit', async () => {
      const tree = join(directory, 'tree');
      await harness.source.checkout('model', commits[1]!, tree);
      assert.deepEqual((await readdir(tree, { recursive: true })).sort(), ['slipway.yaml', 'src', 'src/a.txt']);
      assert.equal(await readFile(join(tree, 'slipway.yaml'), 'utf8'), 'two');
    });

    it('has no commit that was never made', async () => {
      await assert.rejects(harness.source.describe('model', UNKNOWN), { code: 'unknown_commit' });
      await assert.rejects(harness.source.authorsBetween('model', undefined, UNKNOWN), { code: 'unknown_commit' });
      await assert.rejects(harness.source.checkout('model', UNKNOWN, join(directory, 'none')), {
        code: 'unknown_commit',
      });
    });

    it('reports the status of a commit, the last one of each context standing', async () => {
      const status = (context: string, state: CommitStatus['state']): Promise<void> =>
        harness.source.setStatus('model', commits[0]!, { context, state, description: `${context} is ${state}` });
      await status('slipway/integrate', 'pending');
      await status('slipway/release', 'pending');
      await status('slipway/integrate', 'success');
      const { state, description } = (await harness.reported(commits[0]!, 'slipway/integrate'))!;
      assert.deepEqual({ state, description }, { state: 'success', description: 'slipway/integrate is success' });
      assert.equal((await harness.reported(commits[0]!, 'slipway/release'))?.state, 'pending');
      assert.equal(await harness.reported(commits[1]!, 'slipway/integrate'), undefined);
    });

    it('leaves nobody out of a history of thousands of commits', async () => {
      const last = harness.grow(3_000, 'late@example.test');
      assert.equal((await harness.source.head('model')).order, 3_004);
      const names = async (from: string | undefined): Promise<ReadonlySet<string>> =>
        new Set(await authors(from, last));
      assert.deepEqual(await names(undefined), new Set([pair('author'), pair('late'), pair('second')]));
      assert.deepEqual(await names(commits[0]), new Set([pair('author'), pair('late'), pair('second')]));
      assert.equal((await harness.source.authorsBetween('model', undefined, last)).length, 4, 'each set of them once');
    });
  });
};
