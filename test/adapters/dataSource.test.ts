import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDataSource } from '../../src/adapters/data-source/dataSource.js';
import { isPublicAddress } from '../../src/adapters/data-source/publicAddress.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { selfSigned } from '../fixtures/certificate.js';

const LISTED = 'rows.example.test';
const OTHER = 'inside.example.test';

describe('data by https: address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-data-'));
  const path = join(folder, 'rows');
  const { key, cert } = selfSigned([LISTED, OTHER, 'localhost']);
  const asked: string[] = [];
  let endless = 0;
  const routes: Readonly<Record<string, (response: ServerResponse, port: number) => void>> = {
    '/rows': (response) => response.end('1\n2\n'),
    '/moved': (response) => response.writeHead(302, { location: '/rows' }).end(),
    '/inside': (response, port) => response.writeHead(307, { location: `https://${OTHER}:${port}/rows` }).end(),
    '/address': (response, port) => response.writeHead(302, { location: `https://127.0.0.1:${port}/rows` }).end(),
    '/plain': (response, port) => response.writeHead(302, { location: `http://${LISTED}:${port}/rows` }).end(),
    '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
    '/endless': (response) => {
      const more = (): void => {
        endless += 1;
        response.write(Buffer.alloc(1024), (error) => (error ? undefined : more()));
      };
      more();
    },
  };
  const server = createServer({ key, cert }, (request: IncomingMessage, response) => {
    asked.push(`${request.headers.host?.replace(/:.*/, '')}${request.url}`);
    const route = routes[request.url ?? ''];
    if (route === undefined) response.writeHead(404).end();
    else route(response, (server.address() as AddressInfo).port);
  });
  let port: number;
  let looked: string[] = [];
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const source = createDataSource({
    folders: [],
    buckets: [],
    hosts: [LISTED],
    downloadBytes: 4096,
    readObject: () => Promise.reject(new Error('not here')),
    ca: cert,
    resolve: (host, done) => {
      looked.push(host);
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    },
  });
  const fetching = (host: string, route: string, at: number = port): Promise<void> => {
    asked.length = 0;
    looked = [];
    return source.fetch(`https://${host}:${at}${route}`, path, new AbortController().signal);
  };

  it('is fetched from a host that the operator lists, also behind a redirect', async () => {
    for (const route of ['/rows', '/moved']) {
      await fetching(LISTED, route);
      assert.equal(readFileSync(path, 'utf8'), '1\n2\n');
    }
    assert.deepEqual(asked, [`${LISTED}/moved`, `${LISTED}/rows`]);
  });

  it('is refused where a name leads to this machine, and nothing is sent there', async () => {
    await assert.rejects(fetching(OTHER, '/rows'), { code: 'data_refused' });
    assert.deepEqual([asked, looked], [[], [OTHER]]);
    const mixed = createDataSource({
      folders: [],
      buckets: [],
      hosts: [],
      downloadBytes: 4096,
      readObject: () => Promise.reject(new Error('not here')),
      ca: cert,
      resolve: (_host, done) =>
        done(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '2600::1', family: 6 },
        ]),
    });
    const both = mixed.fetch(`https://${OTHER}:${port}/rows`, path, new AbortController().signal);
    await assert.rejects(both, { code: 'data_refused' });
    assert.deepEqual(asked, []);
  });

  for (const host of [
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    '169.254.169.254',
    '10.0.0.1',
  ])
    it(`is refused at ${host}`, async () => {
      await assert.rejects(fetching(host, '/rows'), { code: 'data_refused' });
      assert.deepEqual(asked, []);
    });

  it('is refused at the same addresses where it is only asked whether they are allowed, and nothing is sent', async () => {
    asked.length = 0;
    for (const uri of [
      `https://${OTHER}/rows`,
      'https://127.0.0.1/rows',
      'https://[::1]/rows',
      'https://10.0.0.1/rows',
      's3://bucket/rows',
      `file://${folder}/rows`,
      `file://${folder}/gone`,
      'http://example.com/rows',
    ])
      await assert.rejects(source.check(uri), { code: 'data_refused', retryable: false }, uri);
    const open = createDataSource({
      ...{ folders: [folder], buckets: ['bucket'], hosts: [], downloadBytes: 1 },
      readObject: () => Promise.reject(new Error('not here')),
      resolve: (_host, done) => done(new Error('unknown'), []),
    });
    for (const uri of [`https://${OTHER}/rows`, 'https://[2600::1]/rows', 's3://bucket/rows', `file://${folder}/gone`])
      await open.check(uri);
    await source.check(`https://${LISTED}/rows`);
    assert.deepEqual(asked, []);
  });

  for (const route of ['/inside', '/address', '/plain'])
    it(`is refused where a redirect leads elsewhere: ${route}`, async () => {
      await assert.rejects(fetching(LISTED, route), { code: 'data_refused', retryable: false });
      assert.deepEqual(asked, [`${LISTED}${route}`]);
    });

  it('is connected to at the address that was looked at: a name is asked for once', async () => {
    await fetching(LISTED, '/rows');
    assert.deepEqual(looked, [LISTED]);
  });

  it('is fetched up to a number of bytes', async () => {
    await assert.rejects(fetching(LISTED, '/endless'), { code: 'too_large', retryable: false });
    assert.ok(endless > 0);
  });

  it('is unreachable where there is nothing, or no end of redirects', async () => {
    await assert.rejects(fetching(LISTED, '/nothing'), { code: 'data_unreachable', message: /answers 404/ });
    await assert.rejects(fetching(LISTED, '/round'), { code: 'data_unreachable', message: /more than 5 times/ });
  });
});

describe('public addresses', () => {
  const cases: Readonly<Record<string, boolean>> = {
    '93.184.216.34': true,
    '172.32.0.1': true,
    '172.31.255.255': false,
    '192.168.1.1': false,
    '100.64.0.1': false,
    '0.0.0.0': false,
    '255.255.255.255': false,
    '224.0.0.1': false,
    '2600::1': true,
    '::1': false,
    '::': false,
    'fe80::1': false,
    'fd00::1': false,
    'ff02::1': false,
    '::ffff:10.0.0.1': false,
    '64:ff9b::a00:1': false,
    '2002:a00:1::': false,
    '2001::1': false,
    localhost: false,
  };
  for (const [address, expected] of Object.entries(cases))
    it(address, () => assert.equal(isPublicAddress(address), expected));
});

describe('data by file: and s3: address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-data-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('that is not there is named by its address', async () => {
    const source = createDataSource({
      folders: [folder],
      buckets: ['rows'],
      hosts: [],
      downloadBytes: 4096,
      readObject: () => Promise.reject(new SlipwayError('not_found', 'GET june.csv: the store answered 404')),
    });
    for (const uri of [`file://${folder}/june.csv`, 's3://rows/june.csv'])
      await assert.rejects(
        source.fetch(uri, join(folder, 'out'), new AbortController().signal),
        (error: unknown) =>
          error instanceof SlipwayError && error.code === 'data_unreachable' && error.message === `there is no ${uri}`,
      );
  });
});
