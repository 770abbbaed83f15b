import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuseUnread } from '../../../src/contract/spec/unreadParams.js';
import type { StepSpec } from '../../../src/domain/spec/types.js';

const step = (params?: readonly string[]): StepSpec => ({
  ...{ name: 'train', run: 'train', env: {}, timeoutMs: 1 },
  ...(params === undefined ? {} : { params }),
});

describe('an overridden parameter', () => {
  const rows = [
    ['of build.params', { trees: 60 }, step(['trees']), 'trees', undefined],
    ['that a step alone names', {}, step(['data.until']), 'data.until', undefined],
    ['that a release brings, for a step that reads all', {}, step(), 'data.exported', undefined],
    [
      'that is misspelt',
      { trees: 60, seed: 1 },
      step(['trees']),
      'tres',
      'no step reads a parameter tres (there are trees, seed; did you mean trees?)',
    ],
    ['that is near nothing', { trees: 60 }, step([]), 'window', 'no step reads a parameter window (there is trees)'],
    ['where there are none', {}, step([]), 'trees', 'no step reads a parameter trees (there are none)'],
  ] as const;
  for (const [what, params, one, name, message] of rows)
    it(`${what} is ${message === undefined ? 'taken' : 'refused'}`, () => {
      const override = (): void => refuseUnread({ params, steps: [one] }, { [name]: 9 });
      if (message === undefined) override();
      else assert.throws(override, { code: 'usage', message, details: { params: [name] } });
    });
});
