// From the commit to the approval.
import assert from 'node:assert/strict';
import { deployedIn, hexOf, json } from './reading.mjs';

export const RELEASE_CLAIMS = [
  {
    name: 'the commit alone started the release, at its own hash',
    source: 'git log, engine history',
    check: async (facts, sources) => {
      assert.ok(sources.log().includes(facts.v1.view.commit), 'the commit is in the repository');
      const [started] = await sources.history(facts.v1.view.releaseId);
      assert.equal(started.eventType, 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
      assert.equal(facts.v1.view.trigger.kind, 'commit');
      return facts.v1.view.commit.slice(0, 12);
    },
    spoil: (facts) => ({ ...facts, v1: { ...facts.v1, view: { ...facts.v1.view, commit: '0'.repeat(40) } } }),
  },
  {
    name: 'checks ran, and their result stands at the commit',
    source: 'status file beside the repository',
    check: async (facts, sources) => {
      const integrate = sources.status(facts.v1.commit).statuses['slipway/integrate'];
      const stage = facts.v1.view.stages.find((one) => one.name === 'integrate');
      assert.equal(integrate.state, stage.status === 'passed' ? 'success' : 'failure');
      assert.match(integrate.description, /[1-9][0-9]* tests/);
      return integrate.description;
    },
    spoil: (facts) => ({
      ...facts,
      v1: {
        ...facts.v1,
        view: {
          ...facts.v1.view,
          stages: facts.v1.view.stages.map((one) => (one.name === 'integrate' ? { ...one, status: 'failed' } : one)),
        },
      },
    }),
  },
  {
    name: 'every byte of the artifact has the digest that names it',
    source: 'objects of the store, hashed again',
    check: async (facts, sources) => {
      let bytes = 0;
      for (const { view } of deployedIn(facts)) {
        const manifest = await sources.object(`blobs/sha256/${hexOf(view.artifactDigest)}`);
        assert.equal(sources.sha256(manifest), hexOf(view.artifactDigest));
        const { config, layers } = json(manifest);
        for (const layer of [config, ...layers]) {
          const blob = await sources.object(`blobs/sha256/${hexOf(layer.digest)}`);
          assert.equal(sources.sha256(blob), hexOf(layer.digest));
          assert.equal(blob.length, layer.size);
          bytes += blob.length;
        }
      }
      return `${bytes} bytes`;
    },
    spoil: (facts) => ({
      ...facts,
      v1: { ...facts.v1, view: { ...facts.v1.view, artifactDigest: `sha256:${'0'.repeat(64)}` } },
    }),
  },
  {
    name: 'author refused, reviewer approved, both on record',
    source: 'exit code, release.json in the store',
    check: async (facts, sources) => {
      assert.deepEqual(facts.selfApproval, { exit: 3, code: 'self_approval' });
      const stored = json(await sources.object(`releases/${facts.v1.name}/release.json`));
      const said = stored.decisions.map((one) => [one.subject, one.counted, one.refusal ?? '']);
      assert.deepEqual(
        said,
        facts.v1.view.decisions.map((one) => [one.subject, one.counted, one.refusal ?? '']),
      );
      assert.deepEqual(said, [
        ['author', false, 'self_approval'],
        ['reviewer', true, ''],
      ]);
      return `${said.length} decisions`;
    },
    spoil: (facts) => ({ ...facts, selfApproval: { exit: 0, code: 'none' } }),
  },
  {
    name: 'a decision is used once',
    source: 'decisions/ in the store',
    check: async (facts, sources) => {
      const counted = facts.v1.view.decisions.filter((one) => one.counted);
      for (const { jti } of counted) {
        const use = json(await sources.object(`decisions/${jti}`));
        assert.equal(use.workflowId, facts.v1.view.releaseId);
      }
      assert.equal(counted.length, 1);
      return counted[0].jti.slice(0, 8);
    },
    spoil: (facts) => ({
      ...facts,
      v1: {
        ...facts.v1,
        view: { ...facts.v1.view, decisions: facts.v1.view.decisions.map((one) => ({ ...one, jti: 'never-used' })) },
      },
    }),
  },
  {
    name: 'worker and Temporal were killed while it waited; nothing was lost',
    source: 'process IDs, one run in the engine, its durable timer',
    check: async (facts, sources) => {
      for (const { before, after } of [facts.killed['worker-control'], facts.killed.temporal])
        assert.notEqual(before, after);
      const events = await sources.history(facts.v1.view.releaseId);
      assert.equal(events.filter((event) => event.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED').length, 1);
      const timers = events
        .filter((event) => event.eventType === 'EVENT_TYPE_TIMER_STARTED')
        .map((event) => Number.parseFloat(event.timerStartedEventAttributes.startToFireTimeout));
      assert.ok(
        timers.some((length) => length > 80_000 && length <= 86_400),
        'the reminder is a timer of a day',
      );
      return `timer of ${Math.max(...timers.filter((length) => length <= 86_400))} s`;
    },
    spoil: (facts) => ({ ...facts, killed: { ...facts.killed, temporal: { before: 1, after: 1 } } }),
  },
];
