// What production saw, what was made of it, and the way back.
import assert from 'node:assert/strict';
import { hexOf } from './reading.mjs';

export const PRODUCTION_CLAIMS = [
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
];
