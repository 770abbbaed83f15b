import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiServer, type ApiServerOptions, type AskApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { freePorts } from '../../src/supervisor/freePorts.js';
import { startServerProcess, type ServerProcess } from './serverProcess.js';

/** A real API server of Kubernetes over etcd: no kubelet, no controllers, no gateway. */
export interface KubernetesServer {
  readonly apiServer: string;
  readonly caFile: string;
  /** As a cluster administrator. */
  readonly access: ApiServerOptions;
  readonly ask: AskApiServer;
  /** The API server itself; etcd goes on without it. */
  readonly process: ServerProcess;
  /** File with a token of this service account, as a Pod would have it. */
  tokenOf(namespace: string, name: string): Promise<string>;
  stop(): Promise<void>;
}

type FetchServer = (name: string) => Promise<{ readonly path?: string; readonly tried?: readonly string[] }>;

const have = async (name: string): Promise<string> => {
  const url = new URL('../../../tools/servers/fetch.mjs', import.meta.url);
  const { fetchServer } = (await import(url.href)) as { readonly fetchServer: FetchServer };
  const { path, tried = [] } = await fetchServer(name);
  if (path === undefined) throw new Error(`${name} is missing. Tried:\n${tried.join('\n')}`);
  return path;
};

export const startKubernetes = async (): Promise<KubernetesServer> => {
  // One after the other: the API server may have to be built.
  const binaries = { etcd: await have('etcd'), apiServer: await have('kube-apiserver') };
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kubernetes-'));
  const [client = 0, peer = 0, secure = 0] = await freePorts(3);
  const etcd = await startServerProcess({
    name: 'etcd',
    command: {
      command: binaries.etcd,
      args: [
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-cluster=default=http://127.0.0.1:${peer}`,
      ],
      env: {},
    },
    ready: (signal) =>
      untilIt(signal, async () => (await fetch(`http://127.0.0.1:${client}/health`, { signal })).status === 200),
  });
  const admin = join(folder, 'admin.token');
  const caFile = join(folder, 'certificates', 'apiserver.crt');
  const apiServer = `https://127.0.0.1:${secure}`;
  const access = { apiServer, caFile, tokenFile: admin };
  const ask = createApiServer(access);
  const server = await startServerProcess({
    name: 'kube-apiserver',
    command: {
      command: binaries.apiServer,
      args: await argumentsOf(folder, admin, `http://127.0.0.1:${client}`, secure),
      env: {},
    },
    ready: (signal) =>
      untilIt(signal, async () => existsSync(caFile) && (await ask({ path: '/readyz' })).status === 200),
  });
  return {
    ...{ apiServer, caFile, access, ask, process: server },
    tokenOf: async (namespace, name) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const answer = await ask({ method: 'POST', path, body: { spec: { expirationSeconds: 3600 } } });
      const { status } = answer.body as { readonly status?: { readonly token?: string } };
      const file = join(folder, `${namespace}.${name}.token`);
      await writeFile(file, status?.token ?? '');
      return file;
    },
    stop: async () => {
      await server.stop();
      await etcd.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const argumentsOf = async (folder: string, admin: string, etcd: string, port: number): Promise<string[]> => {
  const token = randomBytes(24).toString('hex');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const files = { private: join(folder, 'accounts.key'), public: join(folder, 'accounts.pub') };
  await Promise.all([
    writeFile(admin, token),
    writeFile(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`),
    writeFile(files.private, privateKey.export({ type: 'pkcs8', format: 'pem' })),
    writeFile(files.public, publicKey.export({ type: 'spki', format: 'pem' })),
  ]);
  return [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.test',
    `--service-account-key-file=${files.public}`,
    `--service-account-signing-key-file=${files.private}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // Nobody here makes the account that every Pod would be given.
    '--disable-admission-plugins=ServiceAccount',
  ];
};

const untilIt = async (signal: AbortSignal, holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds().catch(() => false))) {
    signal.throwIfAborted();
    await delay(50);
  }
};
