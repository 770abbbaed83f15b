/** Where an artifact comes from, and what differs between two, as people read it. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Artifacts } from '../../src/cli/artifacts.js';
import type { Package } from '../../src/domain/artifact/lockedPackages.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { storeRelease, type Made } from '../fixtures/storedRelease.js';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const numpy = (version: string): Package => ({ ecosystem: 'pypi', name: 'numpy', version });
const rides = (digit: string, year: number) => ({
  path: 'data/rides.csv',
  uri: `s3://rides/${year}.csv`,
  digest: `sha256:${digit.repeat(64)}`,
});

const openShelf = async (...made: readonly Made[]) => {
  const store = createMemoryBlobStore();
  const digests: string[] = [];
  for (const one of made) digests.push((await storeRelease(store, one)).digest);
  const artifacts = createStoredArtifacts(store) as unknown as Artifacts;
  const say = async (...words: readonly string[]): Promise<string> => {
    const { exit, stdout, stderr } = await scene.run(['artifact', ...words], { openArtifacts: async () => artifacts });
    assert.equal(exit, 0, stderr);
    return stdout;
  };
  return { digests: digests as [string, string], say };
};

describe('artifact lineage', () => {
  it('names declared data with address and digest, and the packages', async () => {
    const { digests, say } = await openShelf({ declared: [rides('1', 2025)], packages: [numpy('1.26.4')] });
    const text = await say('lineage', digests[0]);
    assert.match(text, /data +data\/rides\.csv from s3:\/\/rides\/2025\.csv +sha256:1{64}/);
    assert.match(text, /packages +slipway\/environment\.cdx\.json +sha256:/);
    assert.match(text, /^packages: pypi\/numpy=1\.26\.4$/m);
    const { installed } = JSON.parse(await say('lineage', digests[0], '--json')) as { installed: object };
    assert.deepEqual(installed, { 'pypi/numpy': '1.26.4' });
  });

  it('says how many packages there are where they are many, and that there are none', async () => {
    const packages = Array.from({ length: 51 }, (_, at): Package => ({
      ecosystem: 'npm',
      name: `p${at}`,
      version: '1',
    }));
    const { digests, say } = await openShelf({ packages }, { commit: 'd'.repeat(40) });
    assert.match(await say('lineage', digests[0]), /^packages: 51, see them with --json$/m);
    assert.match(await say('lineage', digests[1]), /^packages: none$/m);
  });
});

describe('artifact diff', () => {
  it('names data, addresses and packages that differ', async () => {
    const { digests, say } = await openShelf(
      { declared: [rides('1', 2025)], packages: [numpy('1.26.4')] },
      { declared: [rides('2', 2026)], packages: [numpy('2.0.1')] },
    );
    const text = await say('diff', ...digests);
    assert.match(text, /data +data\/rides\.csv +1{12} +2{12}/);
    assert.match(text, /address +data\/rides\.csv +s3:\/\/rides\/2025\.csv +s3:\/\/rides\/2026\.csv/);
    assert.match(text, /packages +pypi\/numpy +1\.26\.4 +2\.0\.1/);
  });
});
