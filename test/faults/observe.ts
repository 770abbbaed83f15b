/**
 * The ledger outside of the product: what a bystander sees of an installation, through a plain S3 client, the engine's
 * own visibility, the serving nodes' public metadata and logs, the receiver's file, the repository and the disk.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FERRIES, type Product } from '../fixtures/product.js';
import { openBucket, type Bucket } from './bucket.js';
import { withEngine } from './engine.js';

export interface SeenEntry {
  readonly stream: string;
  readonly seq: number;
  readonly previous?: string;
  readonly kind: string;
  readonly entryId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of the bytes as they are stored. */
  readonly digest: string;
}

export interface Observations {
  readonly model: string;
  /** The ledger bucket, in the order of its keys. */
  readonly entries: readonly SeenEntry[];
  readonly pointers: readonly { readonly environment: string; readonly epoch: number }[];
  readonly decisions: readonly { readonly jti: string }[];
  readonly alerts: readonly { readonly type: string; readonly to: string; readonly subject: string }[];
  readonly statuses: readonly { readonly commit: string; readonly context: string; readonly state: string }[];
  /** What serving nodes carried out, in their order. */
  readonly commands: readonly SeenCommand[];
  readonly served: Readonly<Record<string, readonly string[]>>;
  /** Subjects of the provenance that is stored. */
  readonly attested: readonly string[];
  /** Blobs whose bytes have another digest than their key. */
  readonly damaged: readonly string[];
  readonly runs: readonly { readonly workflowId: string; readonly workflowType: string; readonly status: string }[];
  /** Uploads that were begun and neither completed nor given up. */
  readonly uploads: readonly string[];
  /** Folders of work that nobody does any more. */
  readonly scratch: readonly string[];
}

export interface SeenCommand {
  readonly environment: string;
  readonly epoch: number;
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const observe = async (product: Product, environments: readonly string[]): Promise<Observations> => {
  const [store, ledger] = [openBucket(product, 'slipway'), openBucket(product, 'slipway-ledger')];
  return {
    model: FERRIES,
    entries: await entriesOf(ledger),
    pointers: await Promise.all(
      (await store.keys(`pointers/environments/${FERRIES}/`)).map(
        async (key) => JSON.parse((await store.read(key)).toString('utf8')) as Observations['pointers'][number],
      ),
    ),
    decisions: (await store.keys('decisions/')).map((key) => ({ jti: key.slice('decisions/'.length) })),
    alerts: product.receiver.accepted(),
    statuses: statusesOf(product),
    commands: environments.flatMap((environment) => commandsOf(product, environment)),
    served: Object.fromEntries(
      await Promise.all(environments.map(async (name) => [name, await servedBy(product.servingUrl(name))] as const)),
    ),
    attested: await attestedIn(store),
    damaged: await damagedIn(store),
    runs: await runsOf(product),
    uploads: unfinishedUploads(product),
    scratch: scratchOf(product),
  };
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const entriesOf = async (ledger: Bucket): Promise<readonly SeenEntry[]> =>
  Promise.all(
    (await ledger.keys('ledger/')).map(async (key) => {
      const bytes = await ledger.read(key);
      return { ...(JSON.parse(bytes.toString('utf8')) as SeenEntry), digest: `sha256:${sha256(bytes)}` };
    }),
  );

const statusesOf = ({ repository }: Product): Observations['statuses'] => {
  const folder = join(`${repository.directory}.slipway`, 'status');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  return files.flatMap((name) => {
    const { commit, statuses } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      commit: string;
      statuses: Record<string, { state: string }>;
    };
    return Object.entries(statuses).map(([context, { state }]) => ({ commit, context, state }));
  });
};

/** From the node's own log: the node is not who was told to do it. */
export const commandsOf = ({ home }: Product, environment: string): readonly SeenCommand[] =>
  readFileSync(join(home, 'logs', `serving-${environment}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"command is carried out"'))
    .map((line) => {
      const { time, fence } = JSON.parse(line) as { time: number; fence: { epoch: number; seq: number } };
      return { environment, ...fence, at: time };
    });

const servedBy = async (url: string): Promise<readonly string[]> => {
  const answer = await fetch(`${url}/v2/models/${FERRIES}`);
  return ((await answer.json()) as { versions?: readonly string[] }).versions ?? [];
};

const attestedIn = async (store: Bucket): Promise<readonly string[]> => {
  const keys = (await store.keys(`models/${FERRIES}/attestations/`)).filter((key) => key.endsWith('/provenance.json'));
  const found = await Promise.all(
    keys.map(async (key) => {
      const { payload } = JSON.parse((await store.read(key)).toString('utf8')) as { payload: string };
      const { subject } = JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as {
        subject: readonly { digest: { sha256: string } }[];
      };
      return subject.map(({ digest }) => `sha256:${digest.sha256}`);
    }),
  );
  return found.flat();
};

const damagedIn = async (store: Bucket): Promise<readonly string[]> => {
  const damaged: string[] = [];
  for (const key of await store.keys('blobs/sha256/'))
    if (sha256(await store.read(key)) !== key.slice('blobs/sha256/'.length)) damaged.push(key);
  return damaged;
};

const runsOf = (product: Product): Promise<Observations['runs']> =>
  withEngine(product, async (client) => {
    const found: { workflowId: string; workflowType: string; status: string }[] = [];
    const query = "WorkflowType != 'sourceWatch' AND WorkflowType != 'driftWatch'";
    for await (const one of client.workflow.list({ query }))
      found.push({ workflowId: one.workflowId, workflowType: one.type, status: one.status.name });
    return found;
  });

/** On the store's disk: its listing of uploads is by whole name only. */
export const unfinishedUploads = ({ home }: Product): readonly string[] => {
  const folder = join(home, 'objects', 'data', '.minio.sys', 'multipart');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name === 'xl.meta')
    .map((item) => `upload ${item.parentPath.slice(folder.length + 1)}`);
};

export const scratchOf = ({ home, state }: Product): readonly string[] => {
  const alive = state().processes.map(({ pid }) => String(pid));
  const owners = readdirSync(join(home, 'work'));
  return owners.flatMap((worker) =>
    alive.includes(worker.replace(/^[a-z]+-/, ''))
      ? readdirSync(join(home, 'work', worker))
          .filter((name) => /^[0-9a-f-]{36}$/.test(name))
          .map((name) => `work/${worker}/${name}`)
      : [`work/${worker}`],
  );
};
