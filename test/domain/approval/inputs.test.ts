import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkInputs,
  inputsFault,
  readInput,
  type InputQuestions,
  type InputValues,
} from '../../../src/domain/approval/inputs.js';

const questions: InputQuestions = {
  ticket: { type: 'text', pattern: '[A-Z]+-\\d+' },
  plan: { type: 'choice', of: ['slow', 'fast'], default: 'slow' },
  share: { type: 'number', min: 1, max: 50, required: false },
  sure: { type: 'boolean' },
  note: { type: 'text', maxLength: 500, required: false },
  more: { type: 'text', maxLength: 2000, required: false },
};
const good: InputValues = { ticket: 'OPS-1', sure: true };

test('answers are taken with the defaults of what was left out', () => {
  assert.deepEqual(checkInputs(questions, good), { ok: true, values: { ticket: 'OPS-1', plan: 'slow', sure: true } });
});

const wrong: readonly (readonly [string, InputValues, RegExp])[] = [
  ['nothing', {}, /^ticket is missing: a text of at most 200 characters like .*;sure is missing: true or false$/],
  ['a text of another shape', { ...good, ticket: 'OPS' }, /^ticket must be a text of at most/],
  ['a text that is too long', { ...good, ticket: `OPS-${'1'.repeat(300)}` }, /^ticket must be/],
  ['no choice of these', { ...good, plan: 'faster' }, /^plan must be one of slow, fast$/],
  ['a number out of range', { ...good, share: 51 }, /^share must be a number from 1 to 50$/],
  ['a number that is none', { ...good, share: NaN }, /^share must be a number/],
  ['a word for yes', { ...good, sure: 'true' }, /^sure must be true or false$/],
  ['a text of two lines', { ...good, note: 'one\ntwo' }, /^note must be a text of at most 500/],
  ['a text that turns letters round', { ...good, note: 'a\u202eb' }, /^note must be/],
  [
    'more than a statement can carry',
    { ...good, note: 'x'.repeat(400), more: 'x'.repeat(1100) },
    /^all together must be/,
  ],
  ['what nobody asked', { ...good, constructor: 'x' }, /^constructor is not asked for$/],
];
for (const [name, given, expected] of wrong)
  test(`${name} is refused`, () => {
    const checked = checkInputs(questions, given);
    assert.match(checked.ok ? 'taken' : checked.reasons.join(';'), expected);
  });

test('what is typed becomes the value that is asked for, where it can', () => {
  assert.deepEqual(
    [
      readInput(questions['share'], '5'),
      readInput(questions['sure'], 'true'),
      readInput(questions['share'], 'five'),
      readInput(undefined, '5'),
    ],
    [5, true, 'five', '5'],
  );
});

test('only an approval has answers, and one without them lacks what is asked', () => {
  assert.equal(inputsFault('approve', questions, good), undefined);
  assert.match(inputsFault('approve', questions) ?? '', /ticket is missing/);
  assert.equal(inputsFault('reject', questions), undefined);
  assert.equal(inputsFault('reject', questions, good), 'only an approval has inputs, not reject');
  assert.equal(inputsFault('approve', undefined, {}), undefined);
  assert.equal(inputsFault('approve', undefined, good), 'ticket is not asked for; sure is not asked for');
});
