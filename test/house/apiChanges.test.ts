import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openApi } from '../../src/contract/http/openapi.js';

const ROOT = new URL('../../../', import.meta.url);
// Tools are plain JavaScript, and no part of what is built.
const { breakingChanges } = (await import(new URL('tools/apiChanges.mjs', ROOT).href)) as {
  breakingChanges: (before: unknown, after: unknown) => readonly string[];
};

/** A document whose parts are looked at and planted faults in. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Document = any;
const copy = (): Document => structuredClone(openApi());
const start = (document: Document): Document => document.paths['/api/v1/releases'].post;
const bodyOf = (operation: Document): Document => operation.requestBody.content['application/json'].schema;
const answerOf = (operation: Document, status: number): Document =>
  operation.responses[status].content['application/json'].schema;

const BREAKS: Readonly<Record<string, readonly [(document: Document) => void, RegExp]>> = {
  'a route that is gone': [
    (document) => delete document.paths['/api/v1/approvals'],
    /^GET \/api\/v1\/approvals: the route is gone$/,
  ],
  'a parameter that is gone': [
    (document) => document.paths['/api/v1/releases'].get.parameters.shift(),
    /^GET \/api\/v1\/releases: query model is gone$/,
  ],
  'a field of an answer that is gone': [
    (document) => delete answerOf(start(document), 202).properties.started,
    /answer 202\.started is gone/,
  ],
  'a field of an answer that may be missing': [
    (document) => (answerOf(start(document), 202).required = ['releaseId']),
    /answer 202\.started may be missing now/,
  ],
  'a narrower type of what is sent': [
    (document) => (bodyOf(start(document)).properties.trigger.enum = ['manual']),
    /body\.trigger: value retrain is not taken any more/,
  ],
  'another type of an answer': [
    (document) => (answerOf(start(document), 202).properties.started.type = ['boolean', 'string']),
    /answer 202\.started: type string may be answered now/,
  ],
  'a new field that has to be sent': [
    (document) => {
      bodyOf(start(document)).properties.why = { type: 'string' };
      bodyOf(start(document)).required.push('why');
    },
    /body\.why is required now/,
  ],
  'a form that is not taken any more': [
    (document) => {
      const { requestBody } = document.paths['/api/v1/slack/interactions'].post;
      requestBody.content = { 'application/json': { schema: { type: 'string' } } };
    },
    /^POST \/api\/v1\/slack\/interactions: body is gone$/,
  ],
  'a body that has to be sent': [
    (document) =>
      (document.paths['/health'].get.requestBody = { required: true, content: { 'application/json': { schema: {} } } }),
    /^GET \/health: a body is required now$/,
  ],
  'a tighter bound': [
    (document) => (bodyOf(start(document)).properties.reason.maxLength = 10),
    /body\.reason: maxLength is 10 now/,
  ],
  'an answer that is gone': [
    (document) => delete start(document).responses['202'],
    /^POST \/api\/v1\/releases: answer 202 is gone$/,
  ],
  'a token where none was needed': [
    (document) => (document.paths['/health'].get.security = [{ token: [] }]),
    /^GET \/health: a token is required now$/,
  ],
  'another error document': [
    (document) => delete document.components.schemas.Problem.properties.code,
    /Problem\.code is gone/,
  ],
};

describe('the published API', () => {
  it('is broken by nothing since the baseline', () => {
    const baseline = JSON.parse(readFileSync(new URL('docs/openapi.baseline.json', ROOT), 'utf8')) as unknown;
    assert.deepEqual(breakingChanges(baseline, openApi()), []);
  });

  for (const [what, [plant, line]] of Object.entries(BREAKS))
    it(`would be broken by ${what}`, () => {
      const after = copy();
      plant(after);
      const found = breakingChanges(copy(), after);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, line);
    });

  it('may say more, ask for less, and use other words', () => {
    const after = copy();
    start(after).summary = 'Other words';
    after.paths['/api/v1/new'] = { get: { responses: {} } };
    bodyOf(start(after)).properties.more = { type: 'string' };
    bodyOf(start(after)).properties.reason.maxLength = 10_000;
    answerOf(start(after), 202).properties.more = { type: 'string' };
    assert.deepEqual(breakingChanges(copy(), after), []);
  });
});
