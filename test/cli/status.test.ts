import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene, releaseOf } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const EMPTY = { environments: [], sources: [], approvals: [], incidents: [] };
const CANARY = {
  environment: 'production',
  status: 'holding',
  step: 1,
  steps: 2,
  weight: 10,
  alone: false,
  requests: 2,
  needed: 20,
};
const status = async (more: object): Promise<string> => {
  scene.answers(() => ({ json: { ...EMPTY, ...more } }));
  const { exit, stdout, stderr } = await scene.run(['status']);
  assert.equal(exit, 0, stderr);
  return stdout;
};

describe('status', () => {
  test('says what the last look at each repository found', async () => {
    const problem = { code: 'repository_unreachable', message: 'there is no repository at /m', since: 0 };
    const shown = await status({
      sources: [
        { model: 'flights', branch: 'main', commit: 'a'.repeat(40), problem },
        { model: 'ferries', branch: 'master', skipped: 'b'.repeat(40) },
      ],
    });
    assert.match(
      shown,
      /repository of flights: main cannot be read since 1970-01-01T00:00:00Z: repository_unreachable/,
    );
    assert.match(shown, /repository of ferries: master has no slipway\.yaml at bbbbbbbbbbbb/);
  });

  test('says which version sleeps, which has several processes, and why', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const serving = (scale: object) => ({
      ...{ model: 'flights', epoch: 1, champion: { artifactDigest: digest } },
      serving: {
        versions: [{ artifactDigest: digest, weight: 100, role: 'champion', ready: true, servedDigest: digest, scale }],
        inferenceUrl: 'http://127.0.0.1:1',
      },
    });
    const shown = await status({
      environments: [
        { environment: 'test', ...serving({ replicas: 0, asleep: true, reason: 'no request for 15 min' }) },
        { environment: 'staging', ...serving({ replicas: 1, reason: 'its load fits' }) },
        { environment: 'production', ...serving({ replicas: 3, reason: '40 requests were under way' }) },
        { environment: 'edge', ...serving({ replicas: 1, wanted: 3, reason: '40 requests were under way; no room' }) },
      ],
    });
    assert.match(shown, /a{12} 100 % asleep/);
    assert.match(shown, /a{12} 100 % 3 replicas/);
    assert.match(shown, /^a{12} of flights in test: asleep, no request for 15 min$/m);
    assert.match(shown, /^a{12} of flights in production: 3 replicas, 40 requests were under way$/m);
    assert.match(shown, /^a{12} of flights in edge: 1 of 3 replicas, 40 requests were under way; no room$/m);
    assert.doesNotMatch(shown, /its load fits/);
  });

  test('says of a version that does not answer yet which one it is, and what it lacks', async () => {
    const version = { artifactDigest: `sha256:${'b'.repeat(64)}`, weight: 60, role: 'candidate', ready: false };
    const serving = (more: object) => ({
      ...{ model: 'flights', environment: 'test', epoch: 1 },
      serving: { versions: [{ ...version, ...more }], inferenceUrl: 'http://127.0.0.1:1' },
    });
    const shown = await status({ environments: [serving({ reason: 'the model server is starting' }), serving({})] });
    assert.match(shown, /^flights +test +1 +b{12} 60 % not ready$/m);
    assert.match(shown, /^b{12} of flights in test is not ready: the model server is starting$/m);
    assert.match(shown, /^b{12} of flights in test is not ready: its model server does not say why$/m);
  });

  test('counts what went around the rules, by model', async () => {
    const shown = await status({
      bypasses: [
        { model: 'flights', hotfixes: 2, freezeOverrides: 0, breakGlass: 1 },
        { model: 'ferries', hotfixes: 0, freezeOverrides: 0, breakGlass: 0, notAsked: 3 },
      ],
    });
    assert.match(shown, /^flights: bypasses: 2 hotfixes, 0 freeze overrides, 1 times break-glass$/m);
    assert.match(
      shown,
      /^ferries: bypasses: 0 hotfixes, 0 freeze overrides, 0 times break-glass; 3 running releases are not asked yet$/m,
    );
  });

  test('says who broke the glass first, who may be the second, and until when', async () => {
    const asked = { releaseId: `release/flights/${COMMIT}`, environment: 'production', by: 'oncall', at: 0 };
    const rule = { roles: ['oncall', 'operator'] };
    const shown = await status({
      glassAsked: [
        { ...asked, ...rule, second: ['operator', 'oncall-b'], until: 86_400_000 },
        { ...asked, ...rule, second: [] },
      ],
    });
    assert.match(
      shown,
      /^flights\/4f1ca{8}: break-glass for production: oncall signed 1970-01-01 00:00 UTC; one more person may sign: operator, oncall-b, until 1970-01-02 00:00 UTC, unless what it is about changes$/m,
    );
    assert.match(shown, /nobody known may sign as the second: it takes one more person of oncall, operator, while /);
  });

  test('says where predictions are asked for, and how far a canary is', async () => {
    const serving = {
      versions: [{ ready: true, servedDigest: `sha256:${'1'.repeat(64)}`, weight: 100 }],
      inferenceUrl: 'http://127.0.0.1:7703',
    };
    const place = { model: 'flights', epoch: 1 };
    const shown = await status({
      environments: [
        { ...place, environment: 'staging', serving: null },
        { ...place, environment: 'production', serving, canary: CANARY },
        { ...place, environment: 'edge', serving: { ...serving, grpcAddress: '127.0.0.1:7704' } },
      ],
    });
    assert.match(shown, /^predictions in production: http:\/\/127\.0\.0\.1:7703\/v2\/models\/flights\/infer$/m);
    assert.match(shown, /^predictions in edge: http:.*\/infer; gRPC 127\.0\.0\.1:7704$/m);
    assert.doesNotMatch(shown, /predictions in staging/);
    assert.match(shown, /^flights: canary in production, step 1 of 2, holding: 10 %: 2 of 20 requests/m);
  });
});

describe('status of a serving node', () => {
  test('says who is a shadow, and what a disk that was put back has forgotten', async () => {
    const serving = {
      versions: [
        { ready: true, servedDigest: `sha256:${'1'.repeat(64)}`, role: 'champion', weight: 100 },
        { ready: true, servedDigest: `sha256:${'2'.repeat(64)}`, role: 'shadow', weight: 0, copies: 10 },
      ],
      forgotten: 7,
      inferenceUrl: 'http://127.0.0.1:7703',
    };
    const shown = await status({ environments: [{ model: 'flights', environment: 'production', epoch: 7, serving }] });
    assert.match(shown, /111111111111 100 %, 222222222222 shadow/);
    assert.match(shown, /^flights in production serves an older state: .* forgot epoch 7; /m);
  });
});

describe('release show', () => {
  test('says what a canary waits for', async () => {
    scene.answers(() => ({ json: releaseOf({ canary: CANARY }) }));
    const { stdout } = await scene.run(['release', 'show', `flights/${COMMIT}`]);
    assert.match(stdout, /^canary in production, step 1 of 2, holding: 10 %: 2 of 20 requests/m);
    assert.match(stdout, /^It waits for traffic: `slipway status` says where predictions are asked for$/m);
  });
});
