import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openArtifactFolder, writeArtifactFolder } from '../../src/adapters/folder/artifact.js';
import { openRegistry } from '../../src/adapters/oci/registry.js';
import { parseReference } from '../../src/domain/artifact/registryReference.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { storeRelease, TRUSTED } from '../fixtures/storedRelease.js';
import { startRegistry } from '../servers/registry.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-registry-'));
const server = await startRegistry();
after(async () => {
  if (typeof server !== 'string') await server.stop();
  await rm(folder, { recursive: true });
});
const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;
const store = createMemoryBlobStore();
const { digest } = await storeRelease(store);
const artifact = await createStoredArtifacts(store).open(digest);

const listen = (fake: Server): Promise<string> =>
  new Promise((resolve) =>
    fake.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(fake.address() as AddressInfo).port}`)),
  );
const closed = (fake: Server): Promise<unknown> => {
  fake.closeAllConnections();
  return new Promise((resolve) => fake.close(resolve));
};

describe('a real OCI registry', { skip: typeof server === 'string' ? server : false }, () => {
  const host = typeof server === 'string' ? '' : server.host;
  const at = (reference: string) => openRegistry({ host, repository: 'models/ferry', reference }, { plainHttp: true });

  it('takes an artifact and gives it back, byte for byte, with its attestations', async () => {
    const pushed = await at('v1').push(artifact);
    assert.deepEqual([pushed.digest, pushed.present, pushed.attestations], [digest, 1, 2]);
    const target = join(folder, 'pulled');
    await writeArtifactFolder(await at('v1').open(), target);
    const pulled = await openArtifactFolder(target);
    assert.deepEqual(Buffer.from(pulled.manifestBytes), Buffer.from(artifact.manifestBytes));
    assert.deepEqual(await pulled.attestations(), await artifact.attestations());
    assert.equal((await verifyArtifact(pulled, TRUSTED)).ok, true);
    assert.equal((await at(digest).open()).digest, digest);
  });

  it('is sent no blob that it has', async () => {
    const { uploaded } = await at('v2').push(artifact);
    assert.equal(uploaded, 0);
  });

  it('says where it has nothing of that name', async () => {
    await assert.rejects(at('nothing').open(), refusal('artifact_unknown'));
  });
});

describe('a registry that asks for a token', () => {
  it('gets one from the realm that it names, and only over a safe way', async () => {
    const asked: string[] = [];
    const fake = createServer((request, response) => {
      asked.push(`${request.method} ${request.url?.split('?')[0]} ${request.headers.authorization ?? '-'}`);
      const { port } = fake.address() as AddressInfo;
      if (request.url?.startsWith('/token') === true) return response.end(JSON.stringify({ token: 'opened' }));
      if (request.headers.authorization !== 'Bearer opened') {
        const realm =
          request.url?.includes('foreign') === true ? 'http://example.com/token' : `http://127.0.0.1:${port}/token`;
        return response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="r"` }).end();
      }
      return response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
    try {
      const host = `127.0.0.1:${(fake.address() as AddressInfo).port}`;
      const options = { plainHttp: true, credentials: { user: 'u', password: 'p' } };
      await assert.rejects(
        openRegistry({ host, repository: 'm', reference: 'v1' }, options).open(),
        refusal('artifact_unknown'),
      );
      const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;
      assert.deepEqual(asked, [
        'GET /v2/m/manifests/v1 -',
        `GET /token ${basic}`,
        'GET /v2/m/manifests/v1 Bearer opened',
      ]);
      await assert.rejects(
        openRegistry({ host, repository: 'foreign', reference: 'v1' }, options).open(),
        refusal('registry_refused'),
      );
    } finally {
      await new Promise((resolve) => fake.close(resolve));
    }
  });
});

describe('a registry that sends us elsewhere', () => {
  it('gets the credentials sent to nobody there', async () => {
    const asked: string[] = [];
    const other = createServer((request, response) => {
      asked.push(`${request.url?.split('?')[0]} ${request.headers.authorization ?? '-'}`);
      if (request.url?.startsWith('/token') === true) return response.end(JSON.stringify({ token: 'foreign' }));
      const { port } = other.address() as AddressInfo;
      return response.writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${port}/token"` }).end();
    });
    const there = await listen(other);
    const registry = createServer((_, response) => response.writeHead(307, { location: `http://${there}/blob` }).end());
    const host = await listen(registry);
    try {
      const options = { plainHttp: true, credentials: { user: 'u', password: 'p' } };
      await assert.rejects(
        openRegistry({ host, repository: 'm', reference: 'v1' }, options).open(),
        refusal('registry_refused'),
      );
      assert.deepEqual(asked, ['/blob -']);
    } finally {
      for (const one of [other, registry]) await closed(one);
    }
  });
});

describe('a registry whose answer unpacks to a thousand times of it', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  const answers: readonly (readonly [
    string,
    string,
    (url: string, port: number, response: ServerResponse) => unknown,
  ])[] = [
    [
      'a token',
      'too_large',
      (url, port, response) =>
        url.startsWith('/token')
          ? packed(response, 200)
          : response.writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${port}/token"` }).end(),
    ],
    [
      'no token at all',
      'registry_refused',
      (url, port, response) =>
        url.startsWith('/token')
          ? response.end('null')
          : response.writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${port}/token"` }).end(),
    ],
    [
      'a body that is not packed as it says',
      'registry_unreachable',
      (_, __, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
    ],
  ];
  const packed = (response: ServerResponse, status: number) =>
    response.writeHead(status, { 'content-encoding': 'gzip' }).end(bomb);

  for (const [what, code, answer] of answers) {
    it(`is not unpacked: ${what}`, async () => {
      const fake = createServer((request, response) => {
        answer(request.url ?? '', (fake.address() as AddressInfo).port, response);
      });
      const host = await listen(fake);
      try {
        let error: unknown;
        await openRegistry({ host, repository: 'm', reference: 'v1' }, { plainHttp: true })
          .open()
          .catch((thrown: unknown) => (error = thrown));
        assert.ok(error instanceof SlipwayError, String(error));
        assert.equal(error.code, code);
        assert.ok(error.message.length < 1_000);
      } finally {
        await closed(fake);
      }
    });
  }
});

describe('a registry without TLS', () => {
  it('is told as such, with the option that takes it', async () => {
    const fake = createServer((_, response) => response.end());
    const host = await listen(fake);
    try {
      await assert.rejects(
        openRegistry({ host, repository: 'm', reference: 'v1' }).open(),
        (error: unknown) => refusal('registry_unreachable')(error) && /--plain-http/.test((error as Error).message),
      );
    } finally {
      await closed(fake);
    }
  });
});

describe('a registry that does not end', () => {
  it('is read no further than its refusal is told', async () => {
    const most = 128 * 1024 * 1024;
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const fake = createServer((_, response) => {
      response.writeHead(500);
      const go = (): void => {
        while (sent < most && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', go);
        }
        response.end();
      };
      go();
    });
    const host = await listen(fake);
    try {
      await assert.rejects(
        openRegistry({ host, repository: 'm', reference: 'v1' }, { plainHttp: true }).open(),
        refusal('registry_unreachable'),
      );
      assert.ok(sent < most / 2, `${sent} bytes`);
    } finally {
      await closed(fake);
    }
  });
});

describe('a registry that lies', () => {
  it('gets nothing believed: another manifest than its digest, a layer path that leads out', async () => {
    const evil = JSON.stringify({
      ...artifact.manifest,
      layers: [
        { ...artifact.manifest.layers[0], annotations: { 'org.cncf.model.filepath': '../../.ssh/authorized_keys' } },
      ],
    });
    const fake = createServer((_, response) => response.end(evil));
    await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
    try {
      const host = `127.0.0.1:${(fake.address() as AddressInfo).port}`;
      const at = (reference: string) => openRegistry({ host, repository: 'm', reference }, { plainHttp: true }).open();
      await assert.rejects(at(digest), refusal('digest_mismatch'));
      await assert.rejects(at('v1'), refusal('artifact_refused'));
    } finally {
      fake.closeAllConnections();
      await new Promise((resolve) => fake.close(resolve));
    }
  });
});

describe('a registry that sends what is no artifact', () => {
  const sha = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const layer = (path: unknown) => ({
    ...artifact.manifest.layers[0],
    annotations: { 'org.cncf.model.filepath': path },
  });
  /** What a pull says of this manifest, list of referrers and envelope. */
  const pull = async (manifest: unknown, referrers: unknown = { manifests: [] }, envelope?: unknown) => {
    const stored = JSON.stringify(envelope) ?? '';
    const referrer = JSON.stringify({
      artifactType: 'application/vnd.in-toto+json',
      layers: [{ mediaType: 'x', digest: sha(stored), size: stored.length }],
      annotations: { 'dev.slipway.attestation': 'provenance' },
    });
    const listed = { manifests: [{ mediaType: 'x', digest: sha(referrer), size: referrer.length }] };
    const fake = createServer(({ url = '' }, response) => {
      if (url.includes('/referrers/')) return response.end(JSON.stringify(envelope === undefined ? referrers : listed));
      if (url.endsWith(sha(referrer))) return response.end(referrer);
      if (url.endsWith(sha(stored))) return response.end(stored);
      return response.end(url.includes('/blobs/') ? 'x' : JSON.stringify(manifest));
    });
    const host = await listen(fake);
    const target = await mkdtemp(join(folder, 'pulled-'));
    try {
      await writeArtifactFolder(
        await openRegistry({ host, repository: 'm', reference: 'v1' }, { plainHttp: true }).open(),
        target,
      );
      return 'pulled';
    } catch (error) {
      assert.deepEqual(await readdir(target), [], 'nothing is left behind');
      return error instanceof SlipwayError ? error.code : `raw: ${String(error)}`;
    } finally {
      await closed(fake);
    }
  };

  it('is refused, whatever of it is of another kind', async () => {
    const whole = { ...artifact.manifest, layers: [] };
    const manifests = [
      ...[5, null, 'config.json', 'manifest.json', 'attestations', 'attestations/provenance.json', 'model.sig'].map(
        (path) => ({ ...whole, layers: [layer(path)] }),
      ),
      { ...whole, layers: [layer('a'), layer('a/b')] },
      { ...whole, annotations: { 'org.opencontainers.image.title': { a: 1 } } },
      { ...whole, annotations: 5 },
      null,
    ];
    for (const manifest of manifests) assert.equal(await pull(manifest), 'artifact_refused', JSON.stringify(manifest));
    const listed = { mediaType: 'x', digest: '../../../v2/other/manifests/x', size: 1 };
    for (const referrers of [{ manifests: null }, { manifests: 5 }, { manifests: [null] }, { manifests: [listed] }])
      assert.equal(await pull(whole, referrers), 'artifact_refused', JSON.stringify(referrers));
    for (const envelope of [null, 5, {}, { payloadType: 'x', payload: 'e30=', signatures: [null] }])
      assert.equal(await pull(whole, {}, envelope), 'artifact_refused', JSON.stringify(envelope));
  });

  it('does not verify from a folder, either', async () => {
    const target = join(folder, 'not-signed');
    await writeArtifactFolder(artifact, target);
    await writeFile(join(target, 'attestations', 'provenance.json'), 'null');
    const opened = await openArtifactFolder(target);
    await assert.rejects(verifyArtifact(opened, TRUSTED), refusal('artifact_refused'));
  });
});

describe('a reference', () => {
  it('is read as other tools read it', () => {
    assert.deepEqual(parseReference('localhost:5000/a/b:v1'), {
      host: 'localhost:5000',
      repository: 'a/b',
      reference: 'v1',
    });
    assert.deepEqual(parseReference('ghcr.io/a'), { host: 'ghcr.io', repository: 'a', reference: 'latest' });
    assert.deepEqual(parseReference(`r.io/a:v1@${digest}`), { host: 'r.io', repository: 'a', reference: digest });
    for (const none of ['models/ferry', './folder', 'r.io/../x', 'r.io/A', 'r.io/a:', 'r.io/a@sha256:1', '-x.io/a', ''])
      assert.equal(parseReference(none), undefined, none);
  });
});
