import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observations, SeenEntry } from './observe.js';
import { judge, type Claims } from './oracle.js';

const RELEASE = 'release/ferry-delay/c0ffee';
const STREAM = 'environment/ferry-delay/production';
const ARTIFACT = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

const deployed: SeenEntry = {
  stream: STREAM,
  seq: 1,
  kind: 'deployment.deployed',
  entryId: '1',
  digest: 'first',
  body: { epoch: 1, requestId: `${RELEASE}@production`, version: { artifactDigest: ARTIFACT } },
};
const ended: SeenEntry = {
  stream: RELEASE,
  seq: 1,
  kind: 'release.ended',
  entryId: 'ended',
  digest: 'end',
  body: { outcome: 'promoted', artifactDigest: ARTIFACT, decisions: [{ jti: 'one', counted: true }] },
};
const told = { type: 'approval_requested', to: 'reviewer', subject: 'c0ffee waits' };
const run = { workflowId: RELEASE, workflowType: 'release', status: 'COMPLETED' };
const command = { environment: 'production', epoch: 1, seq: 1, at: 0 };

/** A release that went through as it should. */
const CLEAN: Observations = {
  model: 'ferry-delay',
  entries: [deployed, ended],
  pointers: [{ environment: 'production', epoch: 1 }],
  decisions: [{ jti: 'one' }],
  alerts: [told],
  statuses: [{ commit: 'c0ffee', context: 'slipway/release', state: 'success' }],
  commands: [command, { ...command, seq: 2 }],
  served: { production: ['a'.repeat(64)] },
  attested: [ARTIFACT],
  damaged: [],
  runs: [run, { workflowId: STREAM, workflowType: 'environment', status: 'RUNNING' }],
  uploads: [],
  scratch: [],
};
const CLAIMS: Claims = {
  environments: ['production'],
  releases: { [RELEASE]: 'promoted' },
  acknowledged: [{ jti: 'one', releaseId: RELEASE, artifactDigest: ARTIFACT }],
};

const second: SeenEntry = { ...deployed, seq: 2, entryId: '2', previous: 'first', digest: 'second' };
const withEpoch = (epoch: number): SeenEntry => ({ ...second, body: { ...deployed.body, epoch, requestId: 'other' } });

/** What goes wrong, and the check that must see it. */
const PLANTED: Readonly<Record<string, readonly [string, Partial<Observations>]>> = {
  'somebody is told twice': ['A', { alerts: [told, told] }],
  'a command is carried out twice': ['A', { commands: [command, command] }],
  'a request is carried out twice': ['A', { entries: [deployed, second, ended] }],
  'a ledger entry is there twice': ['A', { entries: [deployed, { ...second, entryId: '1' }, ended] }],
  'a release runs twice': ['A', { runs: [run, run] }],
  'a decision counted, and was never taken': ['A', { decisions: [] }],
  'an acknowledged approval is not in the store': ['B', { decisions: [] }],
  'an acknowledged approval does not count': [
    'B',
    { entries: [deployed, { ...ended, body: { ...ended.body, decisions: [] } }] },
  ],
  'a promoted release changed nothing': ['C', { entries: [ended], pointers: [] }],
  'an epoch falls': ['C', { entries: [deployed, withEpoch(1), ended] }],
  'an old command is carried out late': ['C', { commands: [{ ...command, seq: 2 }, command] }],
  'the pointer stays behind': ['C', { pointers: [{ environment: 'production', epoch: 0 }] }],
  'another version serves': ['D', { served: { production: ['b'.repeat(64)] } }],
  'two versions serve': ['D', { served: { production: ['a'.repeat(64), 'b'.repeat(64)] } }],
  'nobody attested what serves': ['D', { attested: [OTHER] }],
  'another artifact was approved': [
    'D',
    { entries: [deployed, { ...ended, body: { ...ended.body, artifactDigest: OTHER } }] },
  ],
  'a blob is damaged': ['D', { damaged: ['blobs/sha256/a'] }],
  'an upload is left behind': ['E', { uploads: ['upload 1'] }],
  'a folder of work is left behind': ['E', { scratch: ['work/1'] }],
  'a link of the chain is missing': ['F', { entries: [{ ...deployed, seq: 2 }, ended] }],
  'an entry was changed afterwards': [
    'F',
    { entries: [{ ...deployed, digest: 'changed' }, { ...withEpoch(2) }, ended] },
  ],
  'the end of a release is not recorded': ['F', { entries: [deployed] }],
  'the end is recorded as another one': [
    'F',
    { entries: [deployed, { ...ended, body: { ...ended.body, outcome: 'failed' } }] },
  ],
  'a release still runs': ['G', { runs: [{ ...run, status: 'RUNNING' }] }],
  'a rollout still runs': ['G', { runs: [run, { workflowId: 'r', workflowType: 'rollout', status: 'RUNNING' }] }],
};

describe('the oracle of faults', () => {
  it('says nothing of a release that went through once', () => {
    assert.deepEqual(judge(CLEAN, CLAIMS), []);
  });

  for (const [what, [check, planted]] of Object.entries(PLANTED)) {
    it(`sees by check ${check} that ${what}`, () => {
      const found = judge({ ...CLEAN, ...planted }, CLAIMS);
      assert.ok(
        found.some((violation) => violation.startsWith(`${check}: `)),
        JSON.stringify(found),
      );
    });
  }
});
