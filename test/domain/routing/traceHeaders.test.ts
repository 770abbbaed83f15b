import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { traceHeaders } from '../../../src/domain/routing/traceHeaders.js';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceHeaders', () => {
  it('passes parent and state on', () => {
    assert.deepEqual(traceHeaders(parent, 'a=1,b=2'), { traceparent: parent, tracestate: 'a=1,b=2' });
    assert.deepEqual(traceHeaders(parent, undefined), { traceparent: parent });
    const later = `01${parent.slice(2)}-more`;
    assert.deepEqual(traceHeaders(later, undefined), { traceparent: later }, 'a later version may have more fields');
  });
  const WRONG = {
    nothing: undefined,
    'an empty text': '',
    'capital letters': parent.toUpperCase(),
    'a trace that is none': `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    'a parent that is none': `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    'the forbidden version': `ff${parent.slice(2)}`,
    'a line break': `${parent}\r\nx: y`,
  };
  for (const [what, wrong] of Object.entries(WRONG))
    it(`drops ${what}, and the state with it`, () => assert.deepEqual(traceHeaders(wrong, 'a=1'), {}));
  it('drops a state that is too long, or empty', () => {
    for (const state of ['', 'x'.repeat(513)]) assert.deepEqual(traceHeaders(parent, state), { traceparent: parent });
  });
});
