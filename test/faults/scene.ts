/**
 * One installation to break: the whole product with a repository whose releases ask a person before production and then
 * roll out step by step, traffic that lets them, and the oracle's judgement at the end.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product, type ProductOptions } from '../fixtures/product.js';
import { ferries, OPENING, type FerryRow } from '../fixtures/incidents/world.js';
import { withEngine } from './engine.js';
import { observe } from './observe.js';
import { judge, type Approval } from './oracle.js';

export const ENVIRONMENTS = ['staging', 'production'] as const;

export interface FaultScene {
  readonly product: Product;
  readonly acknowledged: Approval[];
  /** Commits the next version; its name is `<model>/<commit>`. */
  commit(changes?: Readonly<Record<string, string>>): string;
  /** Waits until the release waits for a person, and lets the reviewer approve it. */
  approve(release: string): Promise<void>;
  /** Waits until the engine says that the workflow is over: its record is written then. */
  ended(release: string): Promise<ReleaseView>;
  /** Applies the oracle to everything that was released, and says in one line what was killed and how it went on. */
  settle(test: TestContext, what: string, releases: Readonly<Record<string, string>>, ms?: number): Promise<void>;
  /** Ends the installation; nothing of it may be left. */
  close(): Promise<void>;
}

/** One step of half of the traffic, one of all; limits so wide that only a fault of ours can stop it. */
export const GUARDED = {
  '  - { name: production, approval: automatic, verify: { smokeRows: 50 } }': `  - name: production
    approval: { roles: [reviewer] }
    verify: { smokeRows: 50 }
    rollout:
      canary:
        steps:
          - { weight: 50, hold: 300ms, minRequests: 5 }
          - { weight: 100, hold: 0s, minRequests: 5 }
        analysis: { maxErrorRateIncrease: 1, maxLatencyRatio: 100, maxPredictionDistance: 1, maxFeatureDistance: 1 }`,
};

export interface FaultOptions extends ProductOptions {
  /** Production gets callers of its own, so that canaries have something to look at; true unless told. */
  readonly traffic?: boolean;
}

export const openFaults = async (options: FaultOptions = {}): Promise<FaultScene> => {
  // Of its own, so that what processes leave in it is found; short, because of sockets.
  const temporary = mkdtempSync(join(tmpdir(), 'sf-'));
  const product = await openProduct({ ...options, env: { TMPDIR: temporary, ...options.env } });
  const traffic = options.traffic === false ? undefined : sail(() => product.servingUrl('production'));
  const acknowledged: Approval[] = [];
  let version = 0;
  return {
    product,
    acknowledged,
    commit: (changes = {}) => {
      version += 1;
      const files = ferryFiles({ 'slipway.yaml': ferrySpec(GUARDED), 'version.txt': `${version}\n`, ...changes });
      return `${FERRIES}/${product.repository.commit(files)}`;
    },
    approve: async (release) => {
      const { waiting } = await product.untilRelease(release, (view) => view.waiting !== undefined);
      const { exit, output, stderr } = await product.slipway(['approve', release], 'reviewer');
      assert.equal(exit, 0, stderr);
      const { jti } = output as { jti: string };
      acknowledged.push({ jti, releaseId: `release/${release}`, artifactDigest: waiting!.subject.artifactDigest });
    },
    ended: async (release) => {
      await product.untilEnded(release);
      return withEngine(
        product,
        (client) => client.workflow.getHandle(`release/${release}`).result() as Promise<ReleaseView>,
      );
    },
    settle: async (test, what, releases, ms) => {
      const names = Object.fromEntries(Object.entries(releases).map(([name, outcome]) => [`release/${name}`, outcome]));
      const seen = await observe(product, ENVIRONMENTS);
      const violations = judge(seen, { environments: ENVIRONMENTS, releases: names, acknowledged });
      assert.deepEqual(violations, [], what);
      test.diagnostic(ms === undefined ? what : `${what}: went on after ${seconds(ms)}`);
    },
    close: async () => {
      await traffic?.stop();
      const addresses = product.state().processes.flatMap(({ url }) => (url === undefined ? [] : [new URL(url)]));
      const folder = product.home.slice(0, product.home.lastIndexOf('/'));
      await product.close();
      const left = [
        ...processesOf([folder, temporary]).map((pid) => `process ${pid}`),
        ...readdirSync(temporary).map((name) => `folder ${name}`),
        ...(
          await Promise.all(addresses.map(async (address) => ((await answers(address)) ? [address.host] : [])))
        ).flat(),
      ];
      rmSync(temporary, { recursive: true, force: true });
      assert.deepEqual(left, [], 'E: left behind by the installation');
    },
  };
};

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** One caller of production, who does not mind being refused, nor that there is nobody while everything starts again. */
const sail = (url: () => string) => {
  const rows = ferries(OPENING, 7, 100, 'usual');
  const stopping = new AbortController();
  const ask = async ({ wind, load, eventTime }: FerryRow): Promise<void> => {
    const tensor = (name: string, value: number) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] });
    const inputs = [tensor('wind', wind), tensor('load', load)];
    const answer = await fetch(`${url()}/v2/models/${FERRIES}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ parameters: { event_time: eventTime }, inputs }),
    });
    await answer.arrayBuffer();
  };
  const sailing = (async () => {
    for (let row = 0; !stopping.signal.aborted; row = (row + 1) % rows.length) {
      await ask(rows[row]!).catch(() => undefined);
      await delay(20, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return sailing;
    },
  };
};

/** Everything that was started with one of these folders in its environment or command. */
export const processesOf = (folders: readonly string[]): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/environ`, 'latin1') + readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return folders.some((folder) => text.includes(folder)) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });

const answers = ({ hostname, port }: URL): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** When a failpoint killed its worker, epoch milliseconds; undefined: it was not passed. */
export const killedAt = ({ home }: Product, failpoint: string): number | undefined => {
  const mark = join(home, 'run', `failpoint-${failpoint}`);
  return existsSync(mark) ? statSync(mark).birthtimeMs : undefined;
};
