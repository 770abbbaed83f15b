import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelsIn, named } from '../../src/cli/peopleNamed.js';

const MADE = 'u-1842-5d0c31c2f7a9b360';
const OTHER = 'oidc-00000000000000aa';
const view = {
  releaseId: `release/flights/${MADE}`,
  authorship: { authors: ['author', MADE], trigger: 'author' },
  decisions: [{ subject: OTHER, jti: MADE, reason: `as ${MADE} says` }],
  comments: [{ id: '000001-abcdefabcdef-0123456789abcdef', by: MADE }],
};

const answering = (identities: readonly object[]) => {
  const asked: string[] = [];
  const get = async <T>(path: string): Promise<T> => {
    asked.push(decodeURIComponent(path));
    return { identities } as T;
  };
  return { asked, get };
};

describe('people in a view', () => {
  it('are called as the identity provider does, with the name of the identity beside it', async () => {
    const api = answering([{ name: MADE, label: 'Flight Reviewer' }]);
    const labels = await labelsIn(api, view);
    assert.deepEqual(api.asked, [`/api/v1/identities?names=${MADE},${OTHER}`]);
    const shown = named(view, labels);
    assert.deepEqual(shown.authorship.authors, ['author', `Flight Reviewer (${MADE})`]);
    assert.equal(shown.comments[0]?.by, `Flight Reviewer (${MADE})`);
    assert.deepEqual(shown.decisions, [{ subject: OTHER, jti: MADE, reason: `as Flight Reviewer (${MADE}) says` }]);
    assert.equal(shown.releaseId, view.releaseId);
  });

  it('stay as they are where nobody has to be looked up, or nobody answers', async () => {
    const api = answering([]);
    assert.equal((await labelsIn(api, { by: 'reviewer', hold: 'hold-0123456789ab' })).size, 0);
    assert.deepEqual(api.asked, []);
    const failing = { get: async () => Promise.reject(new Error('gone')) };
    assert.equal(named(view, await labelsIn(failing, view)), view);
  });

  it('bring no command of a terminal with them, whoever answers', async () => {
    const labels = await labelsIn(answering([{ name: MADE, label: '\u001b[31mRed\u202e' }]), view);
    assert.equal(labels.get(MADE), 'Red');
  });
});
