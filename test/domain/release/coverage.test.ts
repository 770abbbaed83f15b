import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summariseCoverage } from '../../../src/domain/release/coverage.js';

describe('summariseCoverage', () => {
  it('adds up the files of an lcov report', () => {
    const text = 'TN:\nSF:a.js\nLF:10\nLH:8\nend_of_record\nSF:b.js\nLF:30\nLH:12\nend_of_record\n';
    assert.deepEqual(summariseCoverage(text), { lineRate: 0.5, lines: 40 });
  });
  it('reads the rate of a Cobertura report', () => {
    const text =
      '<?xml version="1.0" ?>\n<coverage version="7.6" lines-valid="40" lines-covered="30" line-rate="0.75">';
    assert.deepEqual(summariseCoverage(text), { lineRate: 0.75, lines: 40 });
    assert.deepEqual(summariseCoverage('<coverage line-rate="1">'), { lineRate: 1 });
    const commented = `<!-- <coverage line-rate="1"> -->\n<coverage a=">" line-rate='0.5'/>`;
    assert.deepEqual(summariseCoverage(commented), { lineRate: 0.5 });
  });
  it('says nothing of what counts nothing, or cannot be', () => {
    const endless = `LF:${'9'.repeat(400)}\nLH:${'9'.repeat(400)}`;
    for (const text of ['', 'words', 'LF:0\nLH:0', 'LF:1\nLH:2', endless, '<html>', '<coverage line-rate="2">'])
      assert.equal(summariseCoverage(text), undefined, text);
  });
});
