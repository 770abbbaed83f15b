import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { acceptCommand, compareFences } from '../../../src/domain/rollout/acceptCommand.js';
import { readCommand } from '../../../src/domain/rollout/readCommand.js';
import type { Fence, TargetCommand } from '../../../src/domain/rollout/types.js';

const command = (epoch: number, seq: number, content = 'a'): TargetCommand => ({
  model: 'late',
  environment: 'test',
  fence: { epoch, seq },
  versions: [
    {
      artifactDigest: `sha256:${content.repeat(64)}`,
      releaseId: 'release/late/1',
      commit: '1',
      weight: 100,
      role: 'champion',
    },
  ],
});

describe('acceptCommand', () => {
  const CASES: readonly (readonly [string, TargetCommand | undefined, TargetCommand, string])[] = [
    ['the first', undefined, command(0, 0), 'accepted'],
    ['a greater sequence', command(1, 1), command(1, 2), 'accepted'],
    ['a greater epoch with a smaller sequence', command(1, 9), command(2, 0), 'accepted'],
    ['the same again', command(1, 1), command(1, 1), 'repeated'],
    ['other content under the same fence', command(1, 1), command(1, 1, 'b'), 'command_conflict'],
    ['a smaller sequence', command(1, 2), command(1, 1), 'stale_command'],
    ['a smaller epoch with a greater sequence', command(2, 0), command(1, 9), 'stale_command'],
    ['the greatest epoch that there is', undefined, command(2 ** 40, 0), 'accepted'],
    ['an epoch that none could follow', undefined, command(9_007_199_254_740_990, 1), 'request_invalid'],
    ['a sequence that none could follow', command(1, 1), command(1, 2 ** 40 + 1), 'request_invalid'],
    ['an epoch that is no number', command(1, 1), command(Number.NaN, 1), 'request_invalid'],
  ];
  for (const [name, standing, next, expected] of CASES) {
    it(`answers ${name} with ${expected}`, () => {
      const acceptance = acceptCommand(standing, next);
      assert.equal(acceptance.kind === 'refused' ? acceptance.code : acceptance.kind, expected);
    });
  }

  it('takes the same content for the same, whatever order its keys have', () => {
    const { versions, fence, environment, model } = command(1, 1);
    assert.equal(acceptCommand(command(1, 1), { versions, fence, environment, model }).kind, 'repeated');
  });

  it('F3: whatever order commands arrive in, and how often, the newest stands and none is carried out after a newer one', () => {
    const fence = fc.record({ epoch: fc.nat(4), seq: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(fence, { minLength: 1, maxLength: 30 }), (fences) => {
        let standing: TargetCommand | undefined;
        const carriedOut: Fence[] = [];
        for (const { epoch, seq } of fences) {
          const next = command(epoch, seq);
          if (acceptCommand(standing, next).kind !== 'accepted') continue;
          standing = next;
          carriedOut.push(next.fence);
        }
        const newest = { ...[...fences].sort(compareFences).at(-1)! };
        assert.deepEqual(standing?.fence, newest);
        for (const [index, one] of carriedOut.entries())
          if (index > 0) assert.ok(compareFences(carriedOut[index - 1]!, one) < 0);
      }),
    );
  });
});

describe('readCommand', () => {
  const good = command(1, 1);
  const version = good.versions[0]!;
  const invalid = (body: unknown): string => {
    const result = readCommand(body);
    assert.equal(result.kind, 'invalid', JSON.stringify(result));
    return (result as { reason: string }).reason;
  };

  it('takes a command, and leaves out what is none of its business', () => {
    assert.deepEqual(readCommand({ ...good, more: 1, versions: [{ ...version, more: 1 }] }), {
      kind: 'command',
      command: good,
    });
  });

  const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', null, /no object/],
    ['a model that is no name', { ...good, model: '../x' }, /model is no name/],
    ['an environment that is no name', { ...good, environment: '' }, /environment is no name/],
    ['a fence with a fraction', { ...good, fence: { epoch: 1.5, seq: 0 } }, /fence/],
    ['an epoch that none could follow', { ...good, fence: { epoch: 2 ** 40 + 1, seq: 0 } }, /fence/],
    ['a negative fence', { ...good, fence: { epoch: 1, seq: -1 } }, /fence/],
    ['weights that do not sum to 100', { ...good, versions: [{ ...version, weight: 99.9 }] }, /sum to 99.9/],
    ['a weight that is finer than a tenth', { ...good, versions: [{ ...version, weight: 99.95 }] }, /tenths/],
    ['a weight that is no number', { ...good, versions: [{ ...version, weight: Number.NaN }] }, /tenths/],
    ['a digest that is none', { ...good, versions: [{ ...version, artifactDigest: 'sha256:x' }] }, /no digest/],
    [
      'a version twice',
      {
        ...good,
        versions: [
          { ...version, weight: 50 },
          { ...version, weight: 50 },
        ],
      },
      /twice/,
    ],
    ['another role', { ...good, versions: [{ ...version, role: 'mirror' }] }, /role/],
    ['a shadow with a share', { ...good, versions: [{ ...version, role: 'shadow', copies: 1 }] }, /has a share/],
    ['a shadow without copies', { ...good, versions: [{ ...version, weight: 0, role: 'shadow' }] }, /copies/],
    ['copies for one that answers', { ...good, versions: [{ ...version, copies: 1 }] }, /is no shadow/],
  ];
  for (const [name, body, reason] of WRONG) it(`refuses ${name}`, () => assert.match(invalid(body), reason));

  it('takes weights in tenths that are not exact in binary', () => {
    const weights = [0.1, 33.3, 66.6];
    const versions = weights.map((weight, index) => ({
      ...version,
      artifactDigest: `sha256:${String(index).repeat(64)}`,
      weight,
    }));
    assert.equal(readCommand({ ...good, versions }).kind, 'command');
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => assert.ok(['command', 'invalid'].includes(readCommand(body).kind))),
    );
  });
});
