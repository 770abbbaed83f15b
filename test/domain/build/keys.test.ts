import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkpointPrefix } from '../../../src/domain/build/checkpoint.js';
import { latestKey, recordKey, trustScope } from '../../../src/domain/build/keys.js';
import { digestOf } from './scene.js';

describe('a trust scope', () => {
  it('is another one for every branch, and one folder of the store, whatever the branch is called', () => {
    const branches = ['main', 'Main', 'a/b', 'a.b', 'a%2Fb', 'a', '..', '%2E', 'main/../other', 'ä'];
    const scopes = branches.map(trustScope);
    assert.equal(new Set(scopes).size, branches.length);
    for (const scope of scopes) assert.match(scope, /^branch\.[^/]+$/);
  });

  it('begins the key of all that is kept in it', () => {
    const [main, other] = [trustScope('main'), trustScope('other')];
    const key = digestOf('key');
    for (const keyOf of [(scope: string) => recordKey(scope, 'm', 's', key), (s: string) => latestKey(s, 'm', 's')]) {
      assert.ok(keyOf(main).startsWith('cache/branch.main/m/s/'));
      assert.notEqual(keyOf(main), keyOf(other));
    }
  });
});

describe('the place of a checkpoint', () => {
  it('is of one release and one step, and lies in that of no other', () => {
    const places = ['release/m/c', 'release/m/c.1', 'release/m2/c'].flatMap((release) =>
      ['train', 'train-more'].map((step) => checkpointPrefix(release, step)),
    );
    for (const place of places)
      assert.deepEqual(
        places.filter((other) => other.startsWith(place)),
        [place],
      );
  });
});
