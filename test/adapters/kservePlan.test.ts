import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan, type Found, type Plan } from '../../src/adapters/kubernetes/kserve/plan.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { NO_REVISIONS, reconcileRevisions, type RevisionsStatus } from '../fixtures/kubernetes/kserveModel.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter): Digest => `sha256:${letter.repeat(64)}`) as [Digest, Digest, Digest];

type Wanted = Parameters<typeof plan>[0][number];

const one = (artifactDigest: Digest, weight: number, role: Wanted['role'] = 'champion'): Wanted => ({
  ...{ artifactDigest, weight, role },
});

describe('the next step on KServe', () => {
  const cases: readonly (readonly [string, readonly Wanted[], Found, Plan])[] = [
    ['the first version has everything', [one(A, 100)], { newestReady: false }, { newest: A }],
    [
      'a candidate comes up without traffic',
      [one(A, 90), one(B, 10, 'candidate')],
      { newest: A, newestReady: true, rolledOut: A },
      { newest: B, percent: 0 },
    ],
    [
      'a candidate that is ready has its share',
      [one(A, 90), one(B, 10, 'candidate')],
      { newest: B, newestReady: true, rolledOut: A },
      { newest: B, percent: 10 },
    ],
    [
      'a candidate that is not ready has nothing',
      [one(A, 90), one(B, 10, 'candidate')],
      { newest: B, newestReady: false, rolledOut: A },
      { newest: B, percent: 0 },
    ],
    [
      'a candidate of another command loses its share before the next is there',
      [one(A, 50), one(C, 50, 'candidate')],
      { newest: B, newestReady: true, rolledOut: A },
      { newest: C, percent: 0 },
    ],
    [
      'the champion has everything again at once, while the candidate stays',
      [one(A, 100)],
      { newest: B, newestReady: true, rolledOut: A },
      { newest: B, percent: 0 },
    ],
    [
      'from everything back to the one before',
      [one(A, 100)],
      { newest: B, newestReady: true, rolledOut: B, before: A },
      { newest: B, percent: 0 },
    ],
    ['a candidate is promoted', [one(B, 100)], { newest: B, newestReady: true, rolledOut: A }, { newest: B }],
    [
      'a candidate that is not ready is not promoted',
      [one(B, 100)],
      { newest: B, newestReady: false, rolledOut: A },
      { newest: B, percent: 0 },
    ],
    [
      'the one before needs no revision to have nothing',
      [one(A, 0), one(B, 100, 'candidate')],
      { newest: B, newestReady: true, rolledOut: B, before: A },
      { newest: B, percent: 100 },
    ],
    [
      'of two that are new the one with most comes first',
      [one(A, 30), one(B, 70, 'candidate')],
      { newest: C, newestReady: true, rolledOut: C },
      { newest: B, percent: 0 },
    ],
  ];
  for (const [name, wanted, found, expected] of cases) it(name, () => assert.deepEqual(plan(wanted, found), expected));

  it('comes to every command from wherever it is, and gives nothing to a version that nobody asked for and that is not the last good one', () => {
    const random = randomStream('kserve');
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
    for (let story = 0; story < 300; story += 1) {
      let status: RevisionsStatus = NO_REVISIONS;
      const revisions: Digest[] = [];
      const digestOf = (revision: string | undefined): Digest | undefined =>
        revision === undefined ? undefined : revisions[Number(revision)];
      const shares = (): Map<Digest, number> => {
        const found = new Map<Digest, number>();
        for (const { revisionName, percent } of status.traffic) {
          const digest = digestOf(revisionName)!;
          found.set(digest, (found.get(digest) ?? 0) + percent);
        }
        return found;
      };
      let step: Plan | undefined;
      for (let commands = 0; commands < 6; commands += 1) {
        const [x, y] = pick([
          [A, B],
          [B, A],
          [A, C],
          [C, B],
          [B, C],
        ] as const);
        const weight = pick([0, 1, 10, 50, 99, 100]);
        const wanted = random() < 0.5 ? [one(x, 100)] : [one(x, 100 - weight), one(y, weight, 'candidate')];
        const named = new Set(wanted.map(({ artifactDigest }) => artifactDigest));
        for (let looks = 0; looks < 40; looks += 1) {
          const rolledOut = digestOf(status.latestRolledoutRevision);
          const last = digestOf(status.previousRolledoutRevision);
          step = plan(wanted, {
            ...(step === undefined ? {} : { newest: step.newest }),
            newestReady:
              step !== undefined &&
              digestOf(status.latestReadyRevision) === step.newest &&
              status.latestReadyRevision === status.latestCreatedRevision,
            ...(rolledOut === undefined ? {} : { rolledOut }),
            ...(last === undefined ? {} : { before: last }),
          });
          if (revisions.at(-1) !== step.newest) revisions.push(step.newest);
          // It takes a while until a revision is ready, and KServe looks more than once at each step.
          for (let times = 0; times < 3; times += 1) {
            const isReady = random() < 0.6;
            const had = shares();
            const good = new Set([digestOf(status.latestRolledoutRevision)]);
            status = reconcileRevisions(status, String(revisions.length - 1), step.percent, () => isReady);
            good.add(digestOf(status.latestRolledoutRevision));
            for (const [digest, percent] of shares())
              if (!named.has(digest) && !good.has(digest))
                assert.ok(
                  percent <= (had.get(digest) ?? 0),
                  `story ${story}: ${digest.slice(7, 8)} gets ${percent} %, and nobody asked for it`,
                );
          }
        }
        for (const { artifactDigest, weight: share } of wanted)
          assert.equal(
            shares().get(artifactDigest) ?? 0,
            share,
            `story ${story}: ${JSON.stringify({ wanted, step, status })}`,
          );
      }
    }
  });
});
