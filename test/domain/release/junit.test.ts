import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { summariseCoverage } from '../../../src/domain/release/coverage.js';
import { summariseJunit } from '../../../src/domain/release/junit.js';

describe('summariseJunit', () => {
  it('counts tests, and names those that failed', () => {
    const text = `<?xml version="1.0"?><!DOCTYPE testsuites>
      <testsuites><testsuite name="outer"><testsuite name="inner">
        <testcase classname='fares' name="adds &lt;VAT&gt; &amp;amp; &#233;" time="0.1"><failure message="a > b"/></testcase>
        <testcase name = "plain"
          classname="test"/>
        <testcase name="later"><skipped/></testcase>
        <testcase name="breaks"><error><![CDATA[</testcase><testcase name="no"/>]]></error><failure/></testcase>
        <!-- <testcase name="neither"><failure/></testcase> -->
        <testcase classname="" name='it"s'><system-out>fine</system-out></testcase>
        <testcase><failure/></testcase>
        <testcases/><properties><property name="error"/></properties>
      </testsuite></testsuite></testsuites>`;
    assert.deepEqual(summariseJunit(text), {
      total: 6,
      skipped: 1,
      failing: ['fares > adds <VAT> &amp; é', 'breaks', 'unnamed'],
      durationMs: 100,
    });
  });

  it('reads of a report that was cut off what is whole', () => {
    const cut = '<testsuite><testcase name="a"/><testcase name="b"><failure/>';
    for (const end of ['<!-- ', '<![CDATA[', '<testcase name="c', '<', ''])
      assert.deepEqual(summariseJunit(cut + end), { total: 2, skipped: 0, failing: ['b'] }, end);
  });

  it('adds up what tests say that they took, and says nothing where none does, or it is no time', () => {
    const took = (...times: readonly string[]) =>
      summariseJunit(times.map((time) => `<testcase name="a" time="${time}"/>`).join('')).durationMs;
    assert.equal(took('0.5', '1', '.25', '1,000.5'), 1_002_250);
    assert.equal(took('0.0004', '0.0004'), 1);
    assert.equal(took('0.5', '', 'soon', '-1', 'NaN', 'Infinity', '1e9', '0x10', '9'.repeat(400)), 500);
    for (const none of ['', 'soon', '-1', 'Infinity']) assert.equal(took(none), undefined, none);
    assert.equal(summariseJunit('<testsuite time="3"><testcase name="a"/></testsuite>').durationMs, undefined);
  });

  it('keeps names short, and at most 50', () => {
    const { total, failing } = summariseJunit(`<testcase name="${'n'.repeat(1000)}"><error/></testcase>`.repeat(60));
    assert.deepEqual([total, failing.length, failing[0]?.length], [60, 50, 300]);
    assert.match(failing[0] ?? '', /n…$/);
  });

  it('agrees with whoever wrote the report', () => {
    const escapeXml = (text: string): string =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
    const test = fc.record({
      name: fc.string({ minLength: 1, maxLength: 30 }),
      end: fc.constantFrom('', '<failure>why</failure>', '<skipped />', '<error message="x > y" />'),
      before: fc.constantFrom('', '<!-- <failure/> -->', '<![CDATA[<testcase/>]]>', '\n  '),
    });
    fc.assert(
      fc.property(fc.array(test, { maxLength: 20 }), (tests) => {
        const xml = tests.map(({ name, end, before }) =>
          end === '' && before === ''
            ? `<testcase name="${escapeXml(name)}"/>`
            : `<testcase name="${escapeXml(name)}">${before}${end}</testcase>`,
        );
        const failing = tests.filter(({ end }) => /failure|error/.test(end)).map(({ name }) => name);
        const skipped = tests.filter(({ end }) => /skipped/.test(end)).length;
        assert.deepEqual(summariseJunit(`<testsuite>${xml.join('')}</testsuite>`), {
          total: tests.length,
          skipped,
          failing,
        });
      }),
    );
  });
});

describe('a report that was written to be slow', () => {
  const MIB = 1024 * 1024;
  /** Ends the reader itself, which a timer could not do. */
  const LIMIT_MS = 20_000;
  const pieces = [
    '<!--',
    '<![CDATA[',
    '<testcase ',
    '<testcase>',
    '<testcase name="',
    `<testcase name='"`,
    '<testcase a="b" ',
    '<testcase a=',
    '<testcase><failure ',
    '<testcase/',
    '<testcase name=&amp;&#1;"/>',
    '<coverage ',
    '<coverage line-rate="',
    '<coverage line-rate',
    '<',
    '"',
    ' ',
    '\n',
    'LF:1 ',
    'LF:9',
    'LF:1\n',
    'LF:1\n\n ',
  ];
  for (const piece of pieces)
    it(`is read in time: ${JSON.stringify(piece)}, over and over`, () => {
      for (const before of ['', '<', '<testcase ', '<coverage ', 'LF:1']) {
        const text = before + piece.repeat(Math.ceil(MIB / piece.length));
        runInNewContext(
          'junit(text); coverage(text)',
          { junit: summariseJunit, coverage: summariseCoverage, text },
          {
            timeout: LIMIT_MS,
          },
        );
      }
    });
});
