import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rolesUnheard } from '../../src/config/unheard.js';

const identities = ['author', 'reviewer', 'oncall'].map((name) => ({ name, roles: [name], gitEmails: [] }));
const channel = (name: string) => ({ name, webhook: { url: 'https://hooks.example.org/x', secretFile: 'secret' } });

const CASES: readonly (readonly [
  why: string,
  channels: readonly string[],
  fallback: string | undefined,
  unheard: readonly string[],
])[] = [
  ['no channel at all', [], undefined, ['reviewer', 'oncall']],
  ['a channel for one', ['oncall'], undefined, ['reviewer']],
  ['a channel of another name', ['team'], undefined, ['reviewer', 'oncall']],
  ['a default for the rest', ['team'], 'team', []],
  ['one for each', ['oncall', 'reviewer'], undefined, []],
];

for (const [why, channels, fallback, unheard] of CASES) {
  test(`${why}: ${unheard.length === 0 ? 'everybody hears' : `not ${unheard.join(', ')}`}`, () => {
    const file = { identities, channels: channels.map(channel) };
    assert.deepEqual(rolesUnheard(fallback === undefined ? file : { ...file, defaultChannel: fallback }), unheard);
  });
}
