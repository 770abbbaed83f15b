// What the ledger and the histories keep.
import assert from 'node:assert/strict';
import { billableActions } from '../../../dist/src/domain/insights/billableActions.js';
import { json } from './reading.mjs';

export const RECORD_CLAIMS = [
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
