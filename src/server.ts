/** Entry of the API process: wiring only. It alone holds the key that signs decisions. */
import { join } from 'node:path';
import { pino } from 'pino';
import { createCalendar } from './adapters/calendar/calendar.js';
import { createDirectory } from './adapters/config-directory/directory.js';
import { createDecisionSigner } from './adapters/decision-keys/decisionSigner.js';
import { decisionKeyFiles } from './adapters/decision-keys/keyFiles.js';
import { createStamper, createStampReader } from './adapters/decision-keys/stamps.js';
import { createAttestations } from './adapters/dsse/attestations.js';
import { createOpenCheckpoints } from './adapters/dsse/openCheckpoints.js';
import { createDuckdbInferenceLog } from './adapters/duckdb/inferenceLog.js';
import { createGitSourceControl } from './adapters/git/sourceControl.js';
import { createReportLinks, linkKeyFile } from './adapters/link-key/reportLinks.js';
import { ANSWER_WITHIN_MS, createMinioBlobStore } from './adapters/minio/blobStore.js';
import { createIdentityProvider } from './adapters/oidc/identityProvider.js';
import { createSecretStore } from './adapters/secrets/secretStore.js';
import { createSignerClient } from './adapters/signer-client/signer.js';
import { createClaimsShelf } from './adapters/store-identities/claims.js';
import { createSessions, type SessionParts } from './adapters/store-identities/sessions.js';
import { listStreams } from './adapters/store-ledger/archive.js';
import { createStoreLedger } from './adapters/store-ledger/ledger.js';
import { createSignedHeads } from './adapters/store-ledger/signedHeads.js';
import { openTemporalClient } from './adapters/temporal/connection.js';
import { createTemporalEngine } from './adapters/temporal/engine.js';
import { createTemporalVisibility } from './adapters/temporal/visibility.js';
import { createTemporalWorkflows } from './adapters/temporal/workflows.js';
import { readPeople } from './config/identities.js';
import { loadServerConfig, type ServerConfig } from './config/load.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import { createApp } from './server/app.js';
import { createEngineGuard } from './server/engineGuard.js';
import { LOG_REDACTION } from './server/log.js';
import type { Login } from './server/ports.js';
import { serve } from './server/serve.js';
import { createTokenVerifier } from './server/tokens.js';
import { failStart } from './service/failStart.js';
import { openTargets } from './service/openTargets.js';
import { claimScratch } from './worker/scratch.js';

const start = async (): Promise<void> => {
  const config = loadServerConfig();
  const log = pino({ level: config.logLevel, base: { process: 'api' }, redact: LOG_REDACTION });
  const store = createMinioBlobStore({ ...config.store, answerWithinMs: ANSWER_WITHIN_MS });
  const ledger = createMinioBlobStore({ ...config.store, bucket: config.store.ledgerBucket });
  await Promise.all([store.ensureBucket(), ledger.ensureBucket(config.store.ledgerRetention)]);
  const signer = createSignerClient(config.home.signerSocket);
  const client = openTemporalClient({ ...config.temporal, identity: `api-${process.pid}` });
  const engine = createTemporalEngine(client);
  const guard = createEngineGuard(engine, store);
  const keys = decisionKeyFiles(config.home.keysDirectory);
  const stamper = await createStamper(keys);
  const stamps = createStampReader(keys);
  const claims = createClaimsShelf(store, stamps, stamper);
  const signedHeads = createSignedHeads(
    ledger,
    createOpenCheckpoints(() => signer.publicKeys()),
  );
  const targets = openTargets(
    config,
    createSecretStore(config.secrets),
    async (digest) => (await store.hasBlob(digest)) !== undefined,
  );
  const ports = {
    workflows: createTemporalWorkflows(client),
    visibility: createTemporalVisibility(client),
    engine,
    guard,
    store,
    ledger: {
      ...createStoreLedger(ledger, (streams) => signer.checkpoint(streams), signedHeads),
      streams: (prefix: string) => listStreams(ledger, prefix, signedHeads),
    },
    attestations: createAttestations(() => signer.publicKeys()),
    source: createGitSourceControl({ ...config, cacheDirectory: join(config.home.directory, 'mirrors') }),
    directory: createDirectory({ people: () => readPeople(config.home.configFile), claims, now: Date.now }),
    ...(config.oidc === undefined ? {} : { login: openLogin(config.oidc, config, { store, stamper, stamps, claims }) }),
    ...(config.slack === undefined ? {} : { slack: config.slack }),
    calendar: createCalendar(),
    decisions: await createDecisionSigner(keys),
    labels: createDuckdbInferenceLog(store, await claimScratch(config.home.workDirectory, 'api-')),
    target: (environment: string) => {
      const target = targets.get(environment);
      if (target === undefined) throw new SlipwayError('unknown_environment', `${environment} has no target`);
      return target;
    },
    links: await createReportLinks(linkKeyFile(config.home.keysDirectory)),
    tokens: createTokenVerifier(config.home.tokensFile),
    settings: { ...config, environments: Object.keys(config.targets) },
    now: Date.now,
  };
  await serve({ ...config, app: createApp(ports, { logger: log }), guard, log });
};

/** What a group means, and who was revoked, is read anew with every question; the provider itself is another after a restart. */
const openLogin = (
  oidc: NonNullable<ServerConfig['oidc']>,
  { home: { configFile }, publicUrl }: Pick<ServerConfig, 'home' | 'publicUrl'>,
  { claims, ...parts }: Omit<SessionParts, 'now'> & Pick<Login, 'claims'>,
): Login => ({
  provider: createIdentityProvider(oidc),
  sessions: createSessions({ ...parts, now: Date.now }),
  claims,
  groupsAsked: () => (readPeople(configFile).rules?.groups ?? []).map(({ group }) => group),
  settings: {
    ...oidc,
    origin: new URL(publicUrl).origin,
    sessionLastsMs: oidc.sessionLasts,
    decideWithinMs: oidc.decideWithin,
  },
});

await start().catch((error: unknown) => failStart('api', error));
