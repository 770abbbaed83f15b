import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { BASE, problemsOf } from './mistake.js';

describe('parseSpec of text that is no slipway.yaml', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /^1:1: is empty \(expected a mapping\)$/],
    ['a sentence', 'hello', /^1:1: is "hello" \(expected a mapping\)$/],
    ['a list', '- a', /^1:1: is a list \(expected a mapping\)$/],
    ['a tab as indentation', 'build:\n\tsteps: []', /^2:1: Tabs are not allowed as indentation/],
    ['an open bracket', 'owners: [a', /^1:11: .*\]/],
    ['an open quote', 'model: "a', /^1:10: Missing closing "quote/],
    ['two documents', 'version: 1\n---\nversion: 1', /^2:1: .*multiple documents/],
    ['an unknown tag', 'model: !!js/function "x"', /^1:8: Unresolved tag/m],
    ['an alias of nothing', 'model: *x', /^1:8: \*x has no anchor/],
    ['more than 256 KiB', `description: ${'x'.repeat(256 * 1024)}`, /^1:1: is larger than 256 KiB/],
    ['brackets without end', '['.repeat(200_000), /^1:1: is nested too deeply/],
    ['mappings without end', '{a: '.repeat(60_000), /^1:1: is nested too deeply/],
    ['dashes without end', '- '.repeat(120_000), /^1:1: is nested too deeply/],
    [
      'a mapping of 20,000 keys',
      Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'),
      /^1:1: has too many entries/,
    ],
    [
      'an alias bomb',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
        { length: 12 },
        (_, i) =>
          `b${i}: &b${i} [${Array<string>(10)
            .fill(i === 0 ? '*a' : `*b${i - 1}`)
            .join(', ')}]`,
      ).join('\n')}`,
      /^1:1: its aliases multiply/,
    ],
  ];
  for (const [why, text, expected] of cases) {
    it(`refuses ${why}`, () => assert.match(problemsOf(text).join('\n') || 'accepted', expected));
  }

  it('says how many problems it does not name', () => {
    const many = Array.from({ length: 130 }, (_, index) => `key${index}: 1\n`).join('');
    const problems = problemsOf(BASE + many);
    assert.equal(problems.length, 101);
    assert.match(problems.at(-1) ?? '', /^\d+:1: 30 more problems from here on \(expected those above/);
  });

  it('places what stands behind an alias where it was written', () => {
    const text = BASE.replace(
      'install: {run: npm install, timeout: 3m}',
      'install: &c {run: npm install, timeout: 3x}',
    ).replace('- {name: style, kind: lint, run: npm run lint}', '- *c');
    assert.equal(problemsOf(text).filter((line) => line.startsWith('4:41: ')).length, 2);
  });

  it('does not let a key reach the prototype', () => {
    assert.match(problemsOf(`${BASE}__proto__: {polluted: 1}\n`).join(), /__proto__: unknown key/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('never throws, whatever the text', () => {
    const fragment = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\n',
        ': ',
        '- ',
        '[',
        '{',
        '}',
        ']',
        '&a ',
        '*a',
        '"',
        "'",
        '|',
        '>',
        '?',
        '#',
        '!!',
        '%',
        '---',
        BASE,
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 40 }),
        (parts) => typeof parseSpec(parts.join(''), 'f').ok === 'boolean',
      ),
      { numRuns: 500 },
    );
  });

  it('never throws, whichever value of a valid file is another', () => {
    const lines = BASE.split('\n');
    const value = fc.oneof(
      fc.string(),
      fc.double(),
      fc.constantFrom('', 'null', '{}', '[]', '-1', '.inf', 'true', '{a: [b, {c: d}]}', '0x10', '1e400'),
    );
    fc.assert(
      fc.property(fc.nat(lines.length - 1), value, (line, other) => {
        const changed = lines.with(line, lines[line]!.replace(/: .*$/, `: ${String(other)}`)).join('\n');
        return typeof parseSpec(changed, 'f').ok === 'boolean';
      }),
      { numRuns: 500 },
    );
  });
});
