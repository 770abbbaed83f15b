import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { glassWaits, sayGlassWaits, type GlassQuestion } from '../../../src/domain/urgency/glassWaits.js';

const asked: GlassQuestion = {
  words: [{ by: 'oncall', at: 60_000 }],
  place: { model: 'ferry', environment: 'production' },
  roles: ['oncall', 'operator'],
  identities: [
    { name: 'oncall', roles: ['oncall'], person: 'watch' },
    { name: 'oncall-phone', roles: ['oncall'], person: 'watch' },
    { name: 'operator', roles: [], grants: [{ role: 'operator', environments: ['production'] }] },
    { name: 'elsewhere', roles: [], grants: [{ role: 'operator', environments: ['staging'] }] },
    { name: 'robot', roles: ['operator'], kind: 'service' },
    { name: 'writer', roles: ['oncall'] },
    { name: 'reviewer', roles: ['reviewer'] },
  ],
  authorship: { authors: ['writer'], unknown: [], trigger: 'writer' },
};

describe('glassWaits', () => {
  it('names whose word stands, and everybody who may add the second, as the target would judge', () => {
    assert.deepEqual(glassWaits({ ...asked, until: 9 }), {
      ...{ environment: 'production', by: 'oncall', at: 60_000, roles: ['oncall', 'operator'] },
      ...{ second: ['operator'], until: 9 },
    });
  });
  it('is nothing where nobody’s word stands, or two people’s do', () => {
    assert.equal(glassWaits({ ...asked, words: [] }), undefined);
    assert.equal(glassWaits({ ...asked, words: [{ by: 'reviewer', at: 1 }] }), undefined);
    const two = [...asked.words, { by: 'operator', at: 2 }];
    assert.equal(glassWaits({ ...asked, words: two }), undefined);
    const onePerson = [...asked.words, { by: 'oncall-phone', at: 2 }];
    assert.equal(glassWaits({ ...asked, words: onePerson })?.by, 'oncall');
  });
});

describe('sayGlassWaits', () => {
  it('says so of some by name, and how many more there are', () => {
    const second = Array.from({ length: 10 }, (_, at) => `p${at}`);
    const said = sayGlassWaits({ ...glassWaits(asked)!, second });
    assert.match(said, /may sign: p0, p1, p2, p3, p4, p5, p6, p7 and 2 more, while the release waits there/);
  });
});
