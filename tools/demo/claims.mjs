// What the demo claims, each held against another source than the code that made it. A claim reads the product's word
// (`facts`) and the world (`sources`), and throws where they differ. `spoil` alters the product's word: a claim that does
// not notice is no claim, and the demo fails.
import assert from 'node:assert/strict';
import { billableActions } from '../../dist/src/domain/insights/billableActions.js';

const hexOf = (digest) => digest.replace('sha256:', '');
const json = (bytes) => JSON.parse(bytes.toString('utf8'));
const deployedIn = (facts) => [facts.v1, ...(facts.v4 === undefined ? [] : [facts.v4])];

export const CLAIMS = [
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
  {
    name: 'canary under real traffic: both shares seen, no failed request',
    source: "the caller's own count",
    check: async (facts) => {
      for (const [name, tally] of Object.entries(facts.traffic)) {
        assert.ok(tally.requests > 0, `${name} sent nothing`);
        // Before the first version there is nobody to answer.
        if (name !== 'v1')
          assert.equal(tally.failures, 0, `${name}: ${tally.failures} failed, the first: ${tally.firstFailure}`);
      }
      const v3 = hexOf(facts.v3.view.artifactDigest);
      const v1 = hexOf(facts.v1.view.artifactDigest);
      assert.ok(facts.traffic.v3.byVersion[v3] > 0, 'version 3 answered some');
      assert.ok(facts.traffic.v3.byVersion[v1] > facts.traffic.v3.byVersion[v3], 'version 1 answered most');
      return `${Object.values(facts.traffic).reduce((sum, tally) => sum + tally.requests, 0)} requests`;
    },
    spoil: (facts) => ({ ...facts, traffic: { ...facts.traffic, v3: { ...facts.traffic.v3, failures: 1 } } }),
  },
  {
    name: 'version 2 was stopped by the champion/challenger gate',
    source: 'evidence in the store, exit code',
    check: async (facts, sources) => {
      assert.equal(facts.v2.view.outcome, 'blocked');
      assert.equal(facts.v2.exit, 4);
      const stage = facts.v2.view.stages.find((one) => one.name === 'gate');
      const evidence = json(await sources.object(`blobs/sha256/${hexOf(stage.evidence)}`));
      const rules = evidence.results.flatMap((result) => result.rules);
      assert.deepEqual(rules.filter((rule) => rule.verdict === 'fail').length, 1);
      assert.match(rules.find((rule) => rule.verdict === 'fail').rule, /champion/);
      const integrate = facts.v2.view.stages.find((one) => one.name === 'integrate');
      assert.equal(integrate.status, 'passed', 'its own tests passed');
      return rules.find((rule) => rule.verdict === 'fail').reason;
    },
    spoil: (facts) => ({ ...facts, v2: { ...facts.v2, exit: 0 } }),
  },
  {
    name: 'version 3 passed every offline gate, and was rolled back by itself',
    source: 'ledger in its own bucket, exit code',
    check: async (facts, sources) => {
      assert.equal(facts.v3.view.outcome, 'rolled_back');
      assert.equal(facts.v3.exit, 11);
      assert.ok(facts.v3.view.stages.filter((one) => one.name === 'gate').every((one) => one.verdict === 'pass'));
      const keys = await sources.keysBelow(`ledger/environment/${facts.model}/production/`, 'slipway-ledger');
      const entries = await Promise.all(keys.map(async (key) => json(await sources.object(key, 'slipway-ledger'))));
      const entry = entries.find((one) => one.body.version?.artifactDigest === facts.v3.view.artifactDigest);
      assert.equal(entry?.kind, 'deployment.rolled_back');
      return (entry.body.reason ?? '').slice(0, 60);
    },
    spoil: (facts) => ({ ...facts, v3: { ...facts.v3, view: { ...facts.v3.view, outcome: 'promoted' } } }),
  },
  {
    name: 'what production answered is in the log, row by row',
    source: 'Parquet in the store, counted by SQL',
    check: async (facts, sources) => {
      const [{ rows }] = await sources.query(
        `inference/${facts.model}/production/`,
        'SELECT CAST(count(DISTINCT prediction_id) AS INTEGER) AS rows FROM $files',
      );
      const answered = Object.values(facts.traffic).reduce((sum, tally) => sum + tally.rows, 0);
      assert.ok(
        rows >= answered * 0.99 && rows <= answered + 500,
        `${rows} rows logged, the caller had ${answered} answered`,
      );
      return `${rows} rows`;
    },
    spoil: (facts) => ({
      ...facts,
      traffic: { ...facts.traffic, monitored: { ...facts.traffic.monitored, rows: facts.traffic.monitored.rows * 3 } },
    }),
  },
  {
    name: 'labels are durable, and joined by prediction',
    source: 'Parquet in the store, counted by SQL',
    check: async (facts, sources) => {
      const [{ labels }] = await sources.query(
        `labels/${facts.model}/production/`,
        'SELECT CAST(count(DISTINCT prediction_id) AS INTEGER) AS labels FROM $files',
      );
      assert.equal(labels, facts.labels);
      return `${labels} labels`;
    },
    spoil: (facts) => ({ ...facts, labels: facts.labels + 1 }),
  },
  {
    name: 'drift reports cover the windows, started by the Schedule',
    source: "the engine's list, reports in the store",
    check: async (facts, sources) => {
      const runs = await sources.closed(
        `WorkflowType = 'driftWatch' AND TemporalScheduledById = 'drift/${facts.model}/production'`,
      );
      assert.ok(runs.length > 0, 'a Schedule started drift checks');
      const keys = await sources.keysBelow(`drift/${facts.model}/production/reports/`);
      assert.ok(facts.reports.length >= 2);
      assert.ok(keys.filter((key) => key.endsWith('.json')).length >= facts.reports.length);
      return `${facts.reports.length} reports, ${runs.length} runs`;
    },
    spoil: (facts) => ({ ...facts, reports: [] }),
  },
  {
    name: 'one incident, one alert, acknowledged and brought to its end',
    source: "the receiver's file",
    check: async (facts, sources) => {
      const { incidentId } = facts.incident;
      const opened = sources
        .alerts()
        .filter((alert) => alert.type === 'incident_opened' && alert.id.includes(incidentId));
      assert.equal(opened.length, 1);
      assert.equal(opened[0].to, facts.incident.owner);
      assert.equal(facts.incident.acknowledgedBy, 'oncall');
      assert.ok(['rollback', 'retrain', 'none'].includes(facts.incident.remediation?.action));
      return `${facts.incident.remediation.action}: ${facts.incident.remediation.outcome ?? facts.incident.remediation.reason}`;
    },
    spoil: (facts) => ({ ...facts, incident: { ...facts.incident, incidentId: 'incident/never' } }),
  },
  {
    name: 'rollback put the earlier digest back',
    source: "production's own /v2 metadata",
    check: async (facts, sources) => {
      const { versions } = await sources.served();
      assert.deepEqual(versions, [hexOf(facts.rollback.to)]);
      assert.notEqual(facts.rollback.from, facts.rollback.to);
      return `in ${(facts.rollback.tookMs / 1000).toFixed(1)} s`;
    },
    spoil: (facts) => ({ ...facts, rollback: { ...facts.rollback, to: `sha256:${'0'.repeat(64)}` } }),
  },
  {
    name: 'epochs rise, and every entry names the one before',
    source: 'ledger in its own bucket, hashed again',
    check: async (facts, sources) => {
      const keys = await sources.keysBelow(`ledger/environment/${facts.model}/production/`, 'slipway-ledger');
      let previous;
      let epoch = 0;
      for (const key of keys) {
        const body = await sources.object(key, 'slipway-ledger');
        const entry = json(body);
        assert.equal(entry.previous, previous);
        assert.ok(entry.body.epoch > epoch, 'the epoch rises');
        epoch = entry.body.epoch;
        previous = `sha256:${sources.sha256(body)}`;
      }
      assert.equal(facts.status.environments.find((one) => one.environment === 'production').epoch, epoch);
      return `${keys.length} passages`;
    },
    spoil: (facts) => ({
      ...facts,
      status: {
        ...facts.status,
        environments: facts.status.environments.map((one) => ({ ...one, epoch: one.epoch + 1 })),
      },
    }),
  },
  {
    name: 'a release costs at most 60 billable actions',
    source: "the engine's histories",
    check: async (facts, sources) => {
      const ids = [
        facts.v1.view.releaseId,
        ...['test', 'staging', 'production'].flatMap((name) => [
          `environment/${facts.model}/${name}`,
          `rollout/${facts.model}/${name}/1`,
        ]),
      ];
      // The arbiters live on: what they did until the release had ended was for it.
      const ended = Date.parse((await sources.history(facts.v1.view.releaseId)).at(-1).eventTime);
      const spent = { release: 0, environment: 0, rollout: 0 };
      for (const id of ids) {
        const events = await sources.history(id);
        const { actions } = billableActions(events.filter((event) => Date.parse(event.eventTime) <= ended));
        spent[id.slice(0, id.indexOf('/'))] += actions;
      }
      const actions = spent.release + spent.environment + spent.rollout;
      // A refused try is an update, its verification and the timer that goes on after it: no part of what a release needs.
      const refused = 3 * facts.v1.view.decisions.filter((one) => !one.counted).length;
      assert.ok(actions - refused <= 60, `${actions} actions`);
      assert.equal(facts.v1.view.outcome, 'promoted');
      return `${actions - refused}: release ${spent.release - refused}, environments ${spent.environment}, rollouts ${spent.rollout}; ${refused} for the refusal`;
    },
    spoil: (facts) => ({ ...facts, v1: { ...facts.v1, view: { ...facts.v1.view, outcome: 'failed' } } }),
  },
  {
    name: 'lead time and where releases waited',
    source: "the engine's histories",
    check: async (facts, sources) => {
      const events = await sources.history(facts.v1.view.releaseId);
      const took = Date.parse(events.at(-1).eventTime) - Date.parse(events[0].eventTime);
      const shown = facts.insights.latest.find((one) => one.releaseId === facts.v1.view.releaseId);
      assert.ok(shown.waited.length > 0, 'the waits of version 1 are shown');
      const lead = shown.endedAt - shown.startedAt;
      assert.ok(Math.abs(lead - took) < 10_000, `${lead} ms said, ${took} ms in the history`);
      return `${(lead / 1000).toFixed(0)} s, longest in ${shown.waited[0].stage}`;
    },
    spoil: (facts) => ({
      ...facts,
      insights: { ...facts.insights, latest: facts.insights.latest.map((one) => ({ ...one, waited: [] })) },
    }),
  },
];

/**
 * Every claim against its source, and again with the product's word spoiled: the story holds where every claim does,
 * and every one notices.
 * @returns {Promise<{ok: boolean, results: {name: string, source: string, ok: boolean, detail: string}[], blind: string[]}>}
 */
export const verifyStory = async (facts, sources) => {
  const results = [];
  const blind = [];
  for (const claim of CLAIMS) {
    results.push({ name: claim.name, source: claim.source, ...(await judge(claim, facts, sources)) });
    if ((await judge(claim, claim.spoil(facts), sources)).ok) blind.push(claim.name);
  }
  return { ok: blind.length === 0 && results.every((one) => one.ok), results, blind };
};

const judge = async (claim, facts, sources) => {
  try {
    return { ok: true, detail: String(await claim.check(facts, sources)) };
  } catch (error) {
    return { ok: false, detail: (error instanceof Error ? error.message : String(error)).split('\n')[0] };
  }
};
