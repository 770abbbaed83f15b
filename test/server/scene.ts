/** An API on fakes: an engine whose workflows are a few lines each, a store in memory, three people with tokens. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyBaseLogger, FastifyInstance, LightMyRequestResponse } from 'fastify';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { createReportLinks } from '../../src/adapters/link-key/reportLinks.js';
import { listStreams } from '../../src/adapters/store-ledger/archive.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { SignedHeads } from '../../src/adapters/store-ledger/signedHeads.js';
import type { DecisionStatement } from '../../src/domain/approval/types.js';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { RolloutView, TargetState } from '../../src/domain/rollout/types.js';
import type { Identity } from '../../src/domain/identity/types.js';
import type { TrafficMeasurement } from '../../src/ports/deployTarget.js';
import type { LabelRow } from '../../src/ports/inferenceLog.js';
import { createApp } from '../../src/server/app.js';
import { createEngineGuard } from '../../src/server/engineGuard.js';
import type { FeedTiming } from '../../src/server/events/feed.js';
import type { ServerPorts } from '../../src/server/ports.js';
import type { RatesPerMinute } from '../../src/server/rateLimits.js';
import { createTokenVerifier, issueToken } from '../../src/server/tokens.js';
import { bakeAnsweredSignal, breakGlassSignal, waitingStage } from '../../workflows/messages.js';
import type {
  AcknowledgeMessage,
  DecideMessage,
  IncidentInput,
  ReleaseInput,
  RetireMessage,
  RollbackMessage,
} from '../../workflows/messages.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';

export const COMMIT = 'a'.repeat(40);
export const HEAD = 'b'.repeat(40);
export const digestOf = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;
export const NOW = Date.UTC(2026, 0, 10);
export const LOOK_EVERY_MS = 300_000;

const PEOPLE: readonly Identity[] = [
  { name: 'author', roles: ['author'], gitEmails: [] },
  { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
  { name: 'oncall', roles: ['oncall'], gitEmails: [] },
  { name: 'operator', roles: ['operator'], gitEmails: [] },
  { name: 'guest', roles: [], gitEmails: [] },
];
export type Person = 'author' | 'reviewer' | 'oncall' | 'operator' | 'guest';

const tokensFile = join(await mkdtemp(join(tmpdir(), 'slipway-server-')), 'tokens.json');
export const TOKENS: Readonly<Record<string, string>> = await (async () => {
  const issued: Record<string, string> = {};
  for (const { name } of PEOPLE) issued[name] = await issueToken(tokensFile, name);
  return issued;
})();
export { tokensFile };
const links = await createReportLinks(`${tokensFile}.links`);

export const releaseView = (input: ReleaseInput): ReleaseView => ({
  releaseId: `release/${input.model}/${input.commit}${input.rerun === undefined ? '' : `.${input.rerun}`}`,
  model: input.model,
  repository: input.repository,
  commit: input.commit,
  order: input.order,
  trigger: input.trigger,
  params: input.params,
  startedAt: NOW,
  stages: [],
  decisions: [],
});

export const waitingFor = (view: ReleaseView, environment: string): ReleaseView => ({
  ...view,
  waiting: {
    environment,
    subject: {
      workflowId: view.releaseId,
      model: view.model,
      env: environment,
      gate: `approve.${environment}`,
      epoch: 3,
      artifactDigest: digestOf('1'),
      evidenceDigest: digestOf('2'),
      policyDigest: digestOf('3'),
      planDigest: digestOf('4'),
      inputsDigest: digestOf('5'),
    },
    roles: ['reviewer'],
    quorum: 1,
    authorship: { authors: ['author'], unknown: [], trigger: view.trigger.by },
    since: NOW,
    remindAt: NOW + 1,
    expireAt: NOW + 2,
    reminders: 0,
  },
});

export const readClaims = (statement: string): DecisionStatement =>
  JSON.parse(Buffer.from(statement.slice('signed:'.length), 'base64url').toString()) as DecisionStatement;

const refusalOf = (view: ReleaseView, claims: DecisionStatement): 'not_waiting' | 'self_approval' | undefined => {
  if (view.waiting === undefined) return 'not_waiting';
  return claims.sub === view.trigger.by ? 'self_approval' : undefined;
};

export interface SceneOptions {
  readonly logger?: FastifyBaseLogger;
  readonly now?: () => number;
  /** That of another scene: two API processes of one installation. */
  readonly store?: ReturnType<typeof createMemoryBlobStore>;
  readonly perMinute?: Partial<RatesPerMinute>;
  readonly trustedProxies?: readonly string[];
  readonly breakGlassRoles?: readonly string[];
  readonly eventStreams?: number;
  readonly feed?: Partial<FeedTiming>;
  /** What checkpoints signed; nothing where absent. */
  readonly signedHeads?: SignedHeads;
}

export const openScene = (options: SceneOptions = {}) => {
  const store = options.store ?? createMemoryBlobStore();
  const ledger = createMemoryBlobStore();
  const releases = new Map<string, ReleaseView>();
  const environments = new Map<string, EnvironmentState>();
  const observed = new Map<string, TargetState | SlipwayError>();
  const measured = new Map<string, TrafficMeasurement>();
  const rollouts = new Map<string, RolloutView>();
  const labels: { readonly batchId: string; readonly labels: readonly LabelRow[] }[] = [];
  const rollbacks: RollbackMessage[] = [];
  const retirements: RetireMessage[] = [];
  let refusesRetirements: ErrorCode | undefined;
  /** What rollouts were told. */
  const steered: object[] = [];
  const decided: DecisionStatement[] = [];
  const people = [...PEOPLE];
  const prepared: number[] = [];
  /** How often releases heard that somebody said what becomes of them. */
  let bakeAnswers = 0;
  let engine = 'default/1';
  let branch = HEAD;

  const workflows = createMemoryWorkflows({
    release: ({ input }) => {
      const first = releaseView(input as ReleaseInput);
      if (!releases.has(first.releaseId)) releases.set(first.releaseId, first);
      return {
        queries: { state: () => releases.get(first.releaseId) },
        attributes: () => {
          const { waiting } = releases.get(first.releaseId)!;
          return waiting === undefined ? {} : { SlipwayStage: waitingStage(waiting.environment) };
        },
        signals: { [breakGlassSignal.name]: () => undefined, [bakeAnsweredSignal.name]: () => void (bakeAnswers += 1) },
        updates: {
          decide: ({ statement }: DecideMessage) => {
            const claims = readClaims(statement);
            decided.push(claims);
            const view = releases.get(first.releaseId)!;
            const refusal = refusalOf(view, claims);
            const record = {
              at: NOW,
              jti: claims.jti,
              subject: claims.sub,
              decision: claims.decision,
              reason: claims.reason,
              counted: refusal === undefined,
              ...(refusal === undefined ? {} : { refusal }),
            };
            const { waiting, ...rest } = view;
            releases.set(first.releaseId, {
              ...(refusal === undefined ? rest : view),
              decisions: [...view.decisions, record],
            });
            if (refusal !== undefined) throw new SlipwayError(refusal, 'the decision does not count');
            return { jti: claims.jti, counted: true, state: claims.decision === 'approve' ? 'approved' : 'rejected' };
          },
        },
      };
    },
    environment: ({ input }) => {
      const { model, environment } = input as { model: string; environment: string };
      const state = (): EnvironmentState => environments.get(`${model}/${environment}`)!;
      return {
        queries: { state },
        updates: {
          retire: (message: RetireMessage) => {
            if (refusesRetirements !== undefined) throw new SlipwayError(refusesRetirements, 'it has moved on');
            retirements.push(message);
            return { requestId: message.requestId };
          },
          rollback: (message: RollbackMessage) => {
            rollbacks.push(message);
            const to = message.to ?? state().previous;
            if (to === undefined) throw new SlipwayError('nothing_to_roll_back', 'no earlier version');
            return { requestId: message.requestId, to };
          },
        },
      };
    },
    rollout: ({ input }) => {
      const { model, environment } = input as { model: string; environment: string };
      const hears = (signal: string) => (message: object) => void steered.push({ signal, ...message });
      return {
        queries: { state: () => rollouts.get(`${model}/${environment}`) },
        signals: Object.fromEntries(['pause', 'resume', 'promote', 'abort'].map((name) => [name, hears(name)])),
      };
    },
    incident: ({ input, end }) => {
      const { model, environment, kind, subject, owner } = input as IncidentInput;
      let view: IncidentView = {
        incidentId: `incident/${model}/${environment}/${kind}.${subject}`,
        model,
        environment,
        kind,
        subject,
        status: 'open',
        openedAt: NOW,
        owner,
        findings: [],
        alertsDelivered: 1,
        timeline: [],
      };
      return {
        queries: { state: () => view },
        signals: {
          resolve: () => {
            view = { ...view, status: 'resolved', resolvedAt: NOW };
            end(view);
          },
        },
        updates: {
          acknowledge: ({ by, note }: AcknowledgeMessage) =>
            (view = { ...view, status: 'acknowledged', acknowledgedBy: by, timeline: [{ at: NOW, text: note }] }),
        },
      };
    },
  });

  const describe = (commit: string) => ({
    commit,
    order: 7,
    authorEmail: 'a@example.org',
    committerEmail: 'a@example.org',
    subject: 'Improve',
    at: NOW,
  });
  const ports: ServerPorts = {
    workflows,
    visibility: workflows,
    engine: { prepare: async () => void prepared.push(workflows.started.length) },
    guard: createEngineGuard(
      {
        identity: async () => {
          if (engine === '') throw new SlipwayError('temporal_unreachable', 'no engine');
          return engine;
        },
      },
      store,
    ),
    store,
    ledger: {
      ...createStoreLedger(ledger, undefined, options.signedHeads),
      streams: (prefix: string) => listStreams(ledger, prefix, options.signedHeads),
    },
    attestations: { verifyProvenance: async () => ({}) },
    source: {
      head: async () => describe(branch),
      describe: async (_, commit) => {
        if (commit === 'f'.repeat(40)) throw new SlipwayError('unknown_commit', `no commit ${commit}`);
        return describe(commit);
      },
      has: async () => true,
      authorsBetween: async () => [],
      checkout: async () => undefined,
      setStatus: async () => undefined,
    },
    calendar: createCalendar(),
    directory: { identities: async () => people },
    decisions: { sign: async (claims) => `signed:${Buffer.from(JSON.stringify(claims)).toString('base64url')}` },
    labels: { appendLabels: async (_, __, batchId, rows) => void labels.push({ batchId, labels: rows }) },
    target: (environment) => ({
      apply: async () => {
        throw new SlipwayError('internal', 'not here');
      },
      measure: async (model) => {
        const found = measured.get(`${model}/${environment}`);
        if (found === undefined) throw new SlipwayError('target_unreachable', 'no node');
        return found;
      },
      observe: async (model) => {
        const state = observed.get(`${model}/${environment}`);
        if (state instanceof SlipwayError) throw state;
        return state;
      },
    }),
    tokens: createTokenVerifier(tokensFile),
    links,
    settings: {
      installation: 'here',
      models: [{ name: 'flights', repository: 'flights', branch: 'main' }],
      environments: ['test', 'production'],
      lookAtTargetsEveryMs: LOOK_EVERY_MS,
      freezes: [],
      hotfixRoles: ['oncall', 'operator'],
      breakGlassRoles: options.breakGlassRoles ?? [],
      hosts: ['slipway.example.org'],
      trustedProxies: options.trustedProxies ?? [],
      limits: {
        requestBytes: 64 * 1024,
        labelBytes: 1024 * 1024,
        jsonDepth: 16,
        perMinute: { address: 10_000, identity: 10_000, decisions: 10_000, failedTokens: 10_000, ...options.perMinute },
        eventStreams: options.eventStreams ?? 10,
      },
    },
    now: options.now ?? (() => NOW),
  };
  const app = createApp(ports, {
    ...(options.logger === undefined ? {} : { logger: options.logger }),
    feed: { lookEveryMs: 20, ...options.feed },
  });
  return {
    app,
    ports,
    store,
    ledger,
    workflows,
    releases,
    environments,
    observed,
    measured,
    rollouts,
    labels,
    rollbacks,
    retirements,
    refuseRetirements: (code: ErrorCode) => void (refusesRetirements = code),
    steered,
    get bakeAnswers() {
      return bakeAnswers;
    },
    prepared,
    decided,
    people,
    engine: (identity: string) => void (engine = identity),
    branch: (commit: string) => void (branch = commit),
    ask: (
      person: Person | undefined,
      method: 'GET' | 'POST' | 'HEAD',
      url: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => ask(app, person, method, url, body, headers),
  };
};

const ask = (
  app: FastifyInstance,
  person: Person | undefined,
  method: 'GET' | 'POST' | 'HEAD',
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<LightMyRequestResponse> =>
  app.inject({
    method,
    url,
    ...(body === undefined ? {} : { payload: body as object }),
    headers: { ...(person === undefined ? {} : { authorization: `Bearer ${TOKENS[person]}` }), ...headers },
  });

/** As a release that asks for approval: it writes down what it packaged and what it asks for, and waits with it. */
export const asksFor = async (
  { ports, releases }: Pick<ReturnType<typeof openScene>, 'ports' | 'releases'>,
  view: ReleaseView,
  besides: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  const { subject } = view.waiting!;
  const { artifactDigest } = subject;
  const packaged = { verdict: 'pass', artifactDigest };
  await ports.ledger.append(view.releaseId, `package/${artifactDigest}`, 'stage.package', NOW, packaged);
  await ports.ledger.append(view.releaseId, `asked/${subject.gate}/${subject.evidenceDigest}`, 'approval.asked', NOW, {
    ...subject,
    ...besides,
  });
  releases.set(view.releaseId, view);
};

export const startRelease = async (
  scene: ReturnType<typeof openScene>,
  commit = COMMIT,
  waiting?: string,
): Promise<string> => {
  const input: ReleaseInput = {
    model: 'flights',
    repository: 'flights',
    commit,
    order: 7,
    trigger: { kind: 'manual', by: 'author', at: NOW },
    params: {},
  };
  await scene.workflows.startOnce({
    workflowType: 'release',
    workflowId: `release/flights/${commit}`,
    input,
    summary: '',
    searchAttributes: { SlipwayModel: 'flights', SlipwayStage: 'integrate' },
  });
  const view = releaseView(input);
  if (waiting !== undefined) await asksFor(scene, waitingFor(view, waiting));
  return `/api/v1/releases/flights/${commit}`;
};
