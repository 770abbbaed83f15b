/** Who may have something written about a release: its own workflow, whatever the input of an activity says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createActivities, type Activities } from '../../activities/index.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const commit = 'c'.repeat(40);
const releaseId = `release/m/${commit}`;
const digest = `sha256:${'a'.repeat(64)}`;
const about = { releaseId, model: 'm', repository: 'm', commit, params: {} };
const here = { ...about, environment: 'production', artifactDigest: digest };
const view = {
  ...{ ...about, order: 1, startedAt: 0, stages: [], decisions: [], artifactDigest: digest, outcome: 'promoted' },
  trigger: { kind: 'commit', by: 'author', at: 0 },
};
const decided = { subject: { workflowId: releaseId, model: 'm', env: 'production' }, statement: '', earlier: [] };
const version = { artifactDigest: digest, releaseId, commit };
const place = { model: 'm', environment: 'production' };

/** An activity that is open to any workflow writes nothing into a stream, or what it writes is judged otherwise. */
type Table = { readonly [Name in keyof Activities]: readonly [stream: string, input: unknown] | 'open' };

/** Everything that the worker does; an activity that is not in here does not compile. */
const WRITES: Table = {
  runChecks: [releaseId, { ...about, trigger: 'author' }],
  buildModel: [releaseId, about],
  packageArtifact: [releaseId, { ...about, specDigest: digest, built: { evidence: digest } }],
  lookAtSoak: [releaseId, { ...here, soakMs: 0, at: 0, looks: [] }],
  lookAtBake: [
    releaseId,
    {
      ...here,
      labelDelayMs: 0,
      bake: { metric: 'brier', maxLoss: 1, minLabels: 1, minShare: 0, withinMs: 1, otherwise: 'ask' },
    },
  ],
  lookForAnswer: [releaseId, { ...here, until: 0 }],
  smokeTest: [releaseId, { ...here, rows: 0 }],
  evaluateGates: [releaseId, { ...here, specDigest: digest, gates: [], championOf: 'production' }],
  approveAutomatically: [releaseId, here],
  prepareApproval: [releaseId, { view, environment: { name: 'production', approval: { kind: 'required' } } }],
  verifyDecision: [releaseId, decided],
  screenDecisions: [releaseId, { ...decided, statements: [] }],
  openBreakGlass: [releaseId, { ...place, version, incident: { workflowType: 'incident', workflowId: 'mine' } }],
  finishRelease: [releaseId, view],
  reportRelease: [releaseId, view],
  recallRelease: [releaseId, { number: 1, view, by: 'reviewer' }],
  analyseStep: ['rollout/m/production/4', { ...place, fence: { epoch: 4, seq: 2 }, candidate: digest }],
  watchStep: ['rollout/m/production/4', { ...place, fence: { epoch: 4, seq: 2 }, candidate: digest }],
  measureChampion: ['rollout/m/production/4', { ...place, fence: { epoch: 4, seq: 0 }, champion: digest }],
  recordDeployment: ['environment/m/production', { ...place, entry: { epoch: 4, outcome: 'rolled_back', version } }],
  recoverEnvironment: ['environment/m/production', place],
  // What it writes down is what the target took: the command is judged, whoever sends it.
  shiftTraffic: 'open',
  // Of an incident each writes events of its own, whose names nobody chooses.
  recordIncident: 'open',
  notifyOwner: 'open',
  lookForHolds: 'open',
  lookForWord: 'open',
  deployVersion: 'open',
  sendMessage: 'open',
  notify: 'open',
  lookForComments: 'open',
  pollSource: 'open',
  lookAtTarget: 'open',
  startMonitoring: 'open',
  endMonitoring: 'open',
  measureDrift: 'open',
  moveWatermark: 'open',
  lookForRecovery: 'open',
  assessRemediation: 'open',
  exportTrainingData: 'open',
  startRetrain: 'open',
};

describe('an activity that writes into a stream', () => {
  for (const [name, row] of Object.entries(WRITES)) {
    if (row === 'open') continue;
    const [stream, input] = row;
    it(`does it for the workflow of that name alone: ${name}`, async () => {
      const ports = testPorts();
      const { [name]: activity } = createActivities(ports) as unknown as Record<string, () => Promise<unknown>>;
      for (const other of ['release/m/another', `${stream}.1`]) {
        const refused = { type: 'record_mismatch', message: `${other} asks for what is ${stream}'s` };
        await assert.rejects(askedBy(other).run(activity as never, input as never), refused);
      }
      assert.deepEqual(await ports.ledger.read(stream), []);
      assert.deepEqual(await ports.store.listDocuments(''), [], 'it left nothing behind');
      assert.deepEqual(ports.notified, []);
    });
  }
});
