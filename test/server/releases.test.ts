import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import { canonicalJson } from '../../src/domain/canonical.js';
import type { ReleaseInput } from '../../workflows/messages.js';
import type { TrafficCounters } from '../../src/domain/rollout/types.js';
import type { AnalysisSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import { COMMIT, digestOf, HEAD, NOW, openScene, releaseView, startRelease } from './scene.js';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('POST /releases', () => {
  it('starts the head of the branch, once', async () => {
    const scene = openScene();
    const ask = () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights', reason: 'please' });
    const first = await ask();
    assert.deepEqual([first.statusCode, first.json()], [202, { releaseId: `release/flights/${HEAD}`, started: true }]);
    assert.deepEqual((await ask()).json(), { releaseId: `release/flights/${HEAD}`, started: false });
    assert.equal(scene.workflows.started.length, 1);
    const [start] = scene.workflows.started;
    assert.deepEqual(start?.input, {
      model: 'flights',
      repository: 'flights',
      commit: HEAD,
      order: 7,
      trigger: { kind: 'manual', by: 'author', at: NOW, reason: 'please' },
      params: {},
    } satisfies ReleaseInput);
    assert.deepEqual(start?.searchAttributes, {
      SlipwayModel: 'flights',
      SlipwayCommit: HEAD,
      SlipwayStage: 'integrate',
    });
  });

  it('names a retrain by what it is asked for, whoever asks and whenever', async () => {
    let now = NOW;
    const scene = openScene({ now: () => now++ });
    const ask = async (person: 'author' | 'operator', body: object) =>
      (await scene.ask(person, 'POST', '/api/v1/releases', { model: 'flights', commit: COMMIT, ...body })).json<{
        releaseId: string;
        started: boolean;
      }>();
    const first = await ask('author', { trigger: 'retrain', params: { 'data.until': '2001-04-01' } });
    assert.match(first.releaseId, new RegExp(`^release/flights/${COMMIT}\\.[0-9a-f]{12}$`));
    const second = await ask('operator', { trigger: 'retrain', params: { 'data.until': '2001-04-01' } });
    assert.deepEqual(second, { releaseId: first.releaseId, started: false });
    const other = await ask('author', { trigger: 'retrain', params: { 'data.until': '2001-05-01' } });
    assert.notEqual(other.releaseId, first.releaseId);
    const parameters = await ask('author', { params: { trees: 10 } });
    assert.notEqual(parameters.releaseId, `release/flights/${COMMIT}`);
  });

  it('refuses a parameter that no step of the commit reads, and starts nothing', async () => {
    const scene = openScene();
    let text = readFileSync('examples/flight-delay/slipway.yaml', 'utf8');
    const checkout = async (_: string, commit: string, directory: string): Promise<void> => {
      assert.equal(commit, COMMIT);
      writeFileSync(join(directory, 'slipway.yaml'), text);
    };
    Object.assign(scene.ports.source, { checkout });
    const ask = (params: object) =>
      scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights', commit: COMMIT, params });
    const refused = await ask({ tres: 9 });
    const { code, detail } = refused.json<{ code: string; detail: string }>();
    assert.deepEqual([refused.statusCode, code, scene.workflows.started.length], [400, 'usage', 0]);
    assert.match(detail, /^no step reads a parameter tres \(there are .*; did you mean trees\?\)$/);
    assert.equal((await ask({ trees: 9 })).statusCode, 202);
    // Its release tells what is wrong with it.
    text = 'version: 1\n';
    assert.equal((await ask({ tres: 10 })).statusCode, 202);
  });

  it('starts nothing that the engine has forgotten and the store remembers', async () => {
    const scene = openScene();
    await scene.store.putDocument(`releases/flights/${HEAD}/release.json`, encode({ outcome: 'promoted' }));
    const answer = await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    assert.deepEqual(answer.json(), { releaseId: `release/flights/${HEAD}`, started: false });
    assert.equal(scene.workflows.started.length, 0);
  });
});

describe('GET /releases/{model}/{release}, while it waits', () => {
  const asked = async (rollout: RolloutSpec, plan: RolloutSpec): Promise<unknown> => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const { digest } = await scene.store.putBlob(encode({ environments: [{ name: 'production', rollout }] }));
    const evidence = await scene.store.putBlob(encode({ specDigest: digest }));
    const view = scene.releases.get(`release/flights/${COMMIT}`)!;
    const planDigest: Digest = `sha256:${createHash('sha256').update(canonicalJson(plan)).digest('hex')}`;
    const subject = { ...view.waiting!.subject, planDigest, evidenceDigest: evidence.digest };
    scene.releases.set(view.releaseId, { ...view, waiting: { ...view.waiting!, subject } });
    return (await scene.ask('guest', 'GET', url)).json<{ rollout?: unknown }>().rollout;
  };

  it('has the rollout that a decision is bound to, and no other', async () => {
    const canary: RolloutSpec = { strategy: 'canary', steps: [], analysis: {} as AnalysisSpec };
    assert.deepEqual(await asked(canary, canary), canary);
    assert.equal(await asked(canary, { strategy: 'immediate' }), undefined);
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    assert.equal((await scene.ask('guest', 'GET', url)).json<{ rollout?: unknown }>().rollout, undefined);
  });
});

describe('GET /releases/{model}/{release}, when its checks have ended', () => {
  it('has them from the evidence of their stage, and is there without them', async () => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const view = scene.releases.get(`release/flights/${COMMIT}`)!;
    const checks = [{ name: 'unit', passed: true, durationMs: 1_500 }];
    const { digest } = await scene.store.putBlob(encode({ kind: 'integrate', checks }));
    const told = async (evidence?: Digest): Promise<unknown> => {
      const stage = { name: 'integrate', status: 'passed', ...(evidence === undefined ? {} : { evidence }) } as const;
      scene.releases.set(view.releaseId, { ...view, stages: [stage] });
      const answer = await scene.ask('guest', 'GET', url);
      assert.equal(answer.statusCode, 200);
      return answer.json<{ checks?: unknown }>().checks;
    };
    assert.deepEqual(await told(digest), checks);
    assert.equal(await told(), undefined);
    assert.equal(await told(`sha256:${'0'.repeat(64)}`), undefined);
  });
});

describe('GET /releases/{model}/{release}, in a canary', () => {
  const releaseId = `release/flights/${COMMIT}`;
  const version = { artifactDigest: digestOf('1'), releaseId, commit: COMMIT };
  const step = { weight: 50, holdMs: 1_000, minRequests: 20, deadlineMs: 3_600_000 };
  const counters = (requests: number): TrafficCounters => ({
    artifactDigest: version.artifactDigest,
    requests,
    failures: 0,
    rows: requests,
    latency: [],
    predictions: [],
    features: {},
  });

  const inCanary = async (epoch = 4) => {
    const scene = openScene();
    const start = (workflowType: string, workflowId: string) =>
      scene.workflows.startOnce({
        workflowType,
        workflowId,
        input: { model: 'flights', environment: 'production' },
        summary: '',
        searchAttributes: {},
      });
    const url = await startRelease(scene);
    const view = scene.releases.get(releaseId)!;
    const deploy = { name: 'deploy', environment: 'production', status: 'running' } as const;
    scene.releases.set(releaseId, { ...view, stages: [deploy] });
    await start('environment', 'environment/flights/production');
    await start('rollout', 'rollout/flights/production/4');
    scene.environments.set('flights/production', {
      model: 'flights',
      environment: 'production',
      epoch: 4,
      champion: { ...version, artifactDigest: digestOf('0') },
      active: {
        epoch: 4,
        startedAt: NOW,
        request: {
          requestId: 'r',
          kind: 'release',
          version,
          rollout: { strategy: 'canary', steps: [{ ...step, weight: 10 }, step], analysis: {} as AnalysisSpec },
          order: 1,
          by: 'author',
          reason: '',
        },
      },
      queue: [],
      announced: [],
      history: [],
      settled: [],
    });
    const rollout = { model: 'flights', environment: 'production', epoch: 4, steps: [] };
    scene.rollouts.set('flights/production', { ...rollout, status: 'holding', step: 1, weight: 50 });
    scene.measured.set('flights/production', { since: { epoch, seq: 2 }, acceptedAt: NOW, counters: [counters(2)] });
    return { scene, url };
  };
  const canaryAt = async ({ scene, url }: Awaited<ReturnType<typeof inCanary>>): Promise<unknown> =>
    (await scene.ask('guest', 'GET', url)).json<{ canary?: unknown }>().canary;
  const STEP = {
    environment: 'production',
    status: 'holding',
    step: 2,
    steps: 2,
    weight: 50,
    alone: false,
    needed: 20,
  };

  it('has the step, its share, the requests seen of those needed, and until when', async () => {
    const given = await inCanary();
    assert.deepEqual(await canaryAt(given), { ...STEP, requests: 2, until: NOW + 3_600_000 });
    const { environments } = (await given.scene.ask('guest', 'GET', '/api/v1/status')).json<{
      environments: { canary?: unknown }[];
    }>();
    assert.deepEqual(
      environments.map(({ canary }) => canary),
      [undefined, { ...STEP, requests: 2, until: NOW + 3_600_000 }],
    );
  });

  it('says nothing of traffic that belongs to another passage, or that the target does not tell', async () => {
    assert.deepEqual(await canaryAt(await inCanary(3)), STEP);
    const given = await inCanary();
    given.scene.measured.clear();
    assert.deepEqual(await canaryAt(given), STEP);
  });

  it('is not that of another release', async () => {
    const given = await inCanary();
    const state = given.scene.environments.get('flights/production')!;
    const request = { ...state.active!.request, version: { ...version, releaseId: 'release/flights/other' } };
    given.scene.environments.set('flights/production', { ...state, active: { ...state.active!, request } });
    assert.equal(await canaryAt(given), undefined);
  });
});

describe('GET /releases/{model}/{release}', () => {
  it('asks the workflow while it runs, and the store when it has ended', async () => {
    const scene = openScene();
    const url = await startRelease(scene);
    assert.equal((await scene.ask('guest', 'GET', url)).json<{ outcome?: string }>().outcome, undefined);
    const ended = { ...scene.releases.get(`release/flights/${COMMIT}`), outcome: 'promoted' };
    await scene.store.putDocument(`releases/flights/${COMMIT}/release.json`, encode(ended));
    scene.workflows.fail(new Error('the engine is gone'));
    assert.equal((await scene.ask('guest', 'GET', url)).json<{ outcome?: string }>().outcome, 'promoted');
  });
});

describe('GET /releases', () => {
  const commits = ['1', '2', '3'].map((letter) => letter.repeat(40));
  const filled = async () => {
    const scene = openScene();
    for (const commit of commits) await startRelease(scene, commit);
    const forgotten = {
      ...releaseView({
        model: 'flights',
        repository: 'flights',
        commit: '9'.repeat(40),
        order: 1,
        trigger: { kind: 'commit', by: 'author', at: 1 },
        params: {},
      }),
      startedAt: 1,
      endedAt: 2,
      outcome: 'blocked',
      reason: 'gate quality',
    };
    await scene.store.putDocument(`releases/flights/${'9'.repeat(40)}/release.json`, encode(forgotten));
    await scene.store.putDocument(`releases/flights/${'9'.repeat(40)}/logs/build.1/end.json`, encode({}));
    return scene;
  };

  it('lists what the engine knows, and what only the store remembers', async () => {
    const scene = await filled();
    const { releases } = (await scene.ask('guest', 'GET', '/api/v1/releases?model=flights')).json<{
      releases: { commit: string; running: boolean; outcome?: string }[];
    }>();
    assert.deepEqual(
      releases.map(({ commit, running, outcome }) => [commit[0], running, outcome]),
      [
        ['3', true, undefined],
        ['2', true, undefined],
        ['1', true, undefined],
        ['9', false, 'blocked'],
      ],
    );
  });

  it('lists a resumed release once, by the newest of its runs', async () => {
    const scene = openScene();
    await startRelease(scene);
    const { visibility } = scene.ports;
    const twice = {
      list: async (filter: Parameters<typeof visibility.list>[0]) => {
        const page = await visibility.list(filter);
        const earlier = page.workflows.map((one) => ({
          ...one,
          running: false,
          startedAt: one.startedAt - 1,
          endedAt: NOW,
        }));
        return { ...page, workflows: [...page.workflows, ...earlier] };
      },
    };
    Object.assign(scene.ports, { visibility: twice });
    const { releases } = (await scene.ask('guest', 'GET', '/api/v1/releases')).json<{
      releases: { running: boolean }[];
    }>();
    assert.deepEqual(
      releases.map(({ running }) => running),
      [true],
    );
  });

  it('goes page by page', async () => {
    const scene = await filled();
    const first = (await scene.ask('guest', 'GET', '/api/v1/releases?limit=2')).json<{
      releases: { commit: string }[];
      cursor: string;
    }>();
    const second = (await scene.ask('guest', 'GET', `/api/v1/releases?limit=2&cursor=${first.cursor}`)).json<{
      releases: { commit: string }[];
      cursor?: string;
    }>();
    assert.deepEqual(
      [...first.releases, ...second.releases].map(({ commit }) => commit[0]),
      ['3', '2', '1'],
    );
    assert.equal(second.cursor, undefined);
  });
});

describe('what a release left in the store', () => {
  it('is served as it is: evidence as the bytes its digest is over, the report under a policy without scripts', async () => {
    const scene = openScene();
    const url = await startRelease(scene);
    assert.equal((await scene.ask('guest', 'GET', `${url}/evidence`)).statusCode, 404);
    await scene.store.putDocument(
      `releases/flights/${COMMIT}/evidence.json`,
      new TextEncoder().encode('{"a":1,"b":"é"}'),
    );
    await scene.store.putDocument(
      `releases/flights/${COMMIT}/report.html`,
      new TextEncoder().encode('<script>alert(1)</script>'),
    );
    const evidence = await scene.ask('guest', 'GET', `${url}/evidence`);
    assert.equal(evidence.rawPayload.toString('utf8'), '{"a":1,"b":"é"}');
    const report = await scene.ask('guest', 'GET', `${url}/report`);
    assert.match(String(report.headers['content-type']), /^text\/html/);
    assert.match(String(report.headers['content-security-policy']), /default-src 'none'.*sandbox/);
    assert.doesNotMatch(String(report.headers['content-security-policy']), /script-src/);
  });
});

describe('POST /releases/{model}/{release}/cancel', () => {
  it('asks the workflow to end, and says so again', async () => {
    const scene = openScene();
    const url = await startRelease(scene);
    assert.equal((await scene.ask('operator', 'POST', `${url}/cancel`)).statusCode, 202);
    assert.deepEqual(scene.workflows.cancelled, [`release/flights/${COMMIT}`]);
    await scene.store.putDocument(`releases/flights/${COMMIT}/release.json`, encode({ outcome: 'cancelled' }));
    assert.equal((await scene.ask('operator', 'POST', `${url}/cancel`)).statusCode, 202);
    assert.equal(scene.workflows.cancelled.length, 1);
  });
});
