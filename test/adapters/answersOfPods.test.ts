/** Pods and what brings them up are asked, and not believed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/adapters/kubernetes/objects.js';
import { lastWords, observeVersion, readCounters, type Pod } from '../../src/adapters/kubernetes/versions.js';
import { countersSince } from '../../src/domain/rollout/countersSince.js';
import { noTraffic } from '../../src/domain/rollout/noTraffic.js';
import type { TargetVersion } from '../../src/domain/rollout/types.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const version: TargetVersion = {
  ...{ artifactDigest: DIGEST, releaseId: 'release/m/1', commit: '1'.repeat(40), weight: 100, role: 'champion' },
};
const command = { model: 'm', environment: 'production', fence: { epoch: 1, seq: 1 }, versions: [version] };

/** One Pod that answers requests, and whose last container said this when it ended. */
const podsThat = (answer: unknown, words = ''): Objects<Pod> => {
  const pod: Pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u' } },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'model-server', lastState: { terminated: { message: words } } }],
    },
  };
  return { list: async () => [pod], asked: async () => answer } as unknown as Objects<Pod>;
};

const observed = (answer: unknown, words?: string) =>
  observeVersion(podsThat(answer, words), command, version, (pods) =>
    words === undefined ? undefined : `no${lastWords(pods)}`,
  );

describe('what Pods say', () => {
  it('is shown without what steers a terminal, and not at any length', async () => {
    const { reason = '' } = await observed({}, `\u001b]0;owned\u0007\u001b[31mdied ${'x'.repeat(5_000)}`);
    assert.match(reason, /^no: died x+…$/);
    assert.equal(reason.length, 1_000);
  });

  it('names the digest of an artifact, or none', async () => {
    const told = (digest: unknown) => observed({ parameters: { artifact_digest: digest } });
    assert.equal((await told(DIGEST)).ready, true);
    for (const answer of [`${DIGEST}\u001b[2J`, 'x'.repeat(100_000), { length: 1 }, null, 7]) {
      const { ready, servedDigest, reason } = await told(answer);
      assert.deepEqual([ready, servedDigest, reason], [false, undefined, 'not every Pod says what it serves']);
    }
    for (const answer of [null, [], 'x', { parameters: null }]) assert.equal((await observed(answer)).ready, false);
  });

  it('is counted where it is counts', async () => {
    const counted = { ...noTraffic(DIGEST), requests: 4, failures: 1, rows: 4 };
    const read = async (counters: unknown) => (await readCounters(podsThat({ counters }), command, version))['u/0'];
    assert.deepEqual(await read(counted), counted);
    const none = {
      failures: -1,
      requests: '4',
      latency: [1],
      predictions: 'x',
      features: { a: [Number.NaN] },
      rows: -4,
    };
    for (const [name, value] of Object.entries(none))
      assert.equal(await read({ ...counted, [name]: value }), null, name);
    assert.equal(await read({ ...counted, failures: 5 }), null);
    assert.equal((await readCounters(podsThat(null), command, version))['u/0'], null);
  });

  it('counts how often a container was started again, also of a Pod that answers nothing because of it', async () => {
    const pod = (uid: string, restartCount: number, ready: string): Pod => ({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: uid, uid } },
      status: {
        conditions: [{ type: 'Ready', status: ready }],
        containerStatuses: [{ name: 'model-server', restartCount }],
      },
    });
    const read = (...pods: readonly Pod[]) => {
      const counters = { ...noTraffic(DIGEST), requests: 4, rows: 4 };
      const objects = { list: async () => pods, asked: async () => ({ counters }) };
      return readCounters(objects as unknown as Objects<Pod>, command, version);
    };
    const then = await read(pod('stays', 1, 'True'), pod('ends', 0, 'True'));
    const now = await read(pod('stays', 1, 'True'), pod('ends', 5, 'False'), pod('came', 2, 'True'));
    const since = countersSince(DIGEST, then, now);
    assert.deepEqual([since?.restarts, since?.requests], [7, 4]);
  });

  it('does not count against a version how often another container of its Pods was started again', async () => {
    for (const [server, beside] of [
      ['model-server', 'istio-proxy'],
      ['kserve-container', 'queue-proxy'],
    ] as const) {
      const pod: Pod = {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u' } },
        status: {
          containerStatuses: [
            { name: beside, restartCount: 9 },
            { name: server, restartCount: 1 },
          ],
        },
      };
      const objects = { list: async () => [pod] } as unknown as Objects<Pod>;
      const now = await readCounters(objects, command, version);
      assert.equal(countersSince(DIGEST, {}, now)?.restarts, 1, server);
    }
  });
});
