// What came into production, and what did not.
import assert from 'node:assert/strict';
import { hexOf, json } from './reading.mjs';

export const DELIVERY_CLAIMS = [
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
];
