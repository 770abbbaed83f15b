/** Data of a build that is not in its repository: from a folder, a bucket and a web server, each as the operator lists it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from 'minio';
import type { Difference } from '../../src/domain/artifact/diffArtifacts.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { selfSigned } from '../fixtures/certificate.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const TRAIN = '- { name: train, run: node pipeline/train.mjs, timeout: 1m }';
const BUCKET = 'datasets';
const PLACES = ['file', 's3', 'https'] as const;
type Place = (typeof PLACES)[number];

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const first = (place: Place): string => `tides by ${place}\n`;

describe('given a build that reads data from elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-elsewhere-'));
  const { key, cert } = selfSigned(['localhost']);
  const authority = join(folder, 'authority.pem');
  const served = new Map([['/tides.csv', first('https')]]);
  const web = createServer({ key, cert }, ({ url = '' }, response) => {
    const text = served.get(url);
    if (text === undefined) response.writeHead(404).end();
    else response.end(text);
  });
  let product: Product;
  /** Artifact of the first release. */
  let known = '';
  let bucket: Client;
  let uris: Readonly<Record<Place, string>>;

  before(async () => {
    writeFileSync(authority, cert);
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    product = await openProduct({
      workers: 1,
      operator: { data: { folders: [folder], buckets: [BUCKET], hosts: ['localhost'] } },
      env: { NODE_EXTRA_CA_CERTS: authority },
    });
    const { hostname, port } = new URL(product.url('store'));
    const keys = JSON.parse(readFileSync(join(product.home, 'keys/store.json'), 'utf8')) as {
      accessKey: string;
      secretKey: string;
    };
    bucket = new Client({ endPoint: hostname, port: Number(port), useSSL: false, ...keys });
    await bucket.makeBucket(BUCKET);
    uris = {
      file: `file://${folder}/tides.csv`,
      s3: `s3://${BUCKET}/of/june/tides.csv`,
      https: `https://localhost:${(web.address() as AddressInfo).port}/tides.csv`,
    };
  });
  after(async () => {
    await product.close();
    web.closeAllConnections();
    web.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = async (text: (place: Place) => string): Promise<void> => {
    writeFileSync(join(folder, 'tides.csv'), text('file'));
    await bucket.putObject(BUCKET, 'of/june/tides.csv', text('s3'));
    served.set('/tides.csv', text('https'));
  };
  const remove = async (): Promise<void> => {
    rmSync(join(folder, 'tides.csv'));
    await bucket.removeObject(BUCKET, 'of/june/tides.csv');
    served.clear();
  };

  /** Its train step says what it was given before it trains. */
  const specWith = (inputs: readonly { readonly uri: string; readonly digest: string }[], note = ''): string => {
    const run = `${note}cat elsewhere/*; node pipeline/train.mjs`;
    const data = inputs.map(({ uri, digest }, at) => ({ uri, digest, path: `elsewhere/${at}.csv` }));
    const step = {
      name: 'train',
      run,
      timeout: '1m',
      inputs: data,
    };
    return ferrySpec({ [TRAIN]: `- ${JSON.stringify(step)}` });
  };
  const release = async (spec: string): Promise<ReleaseView> =>
    product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles({ 'slipway.yaml': spec }))));
  const all = (text: (place: Place) => string) =>
    PLACES.map((place) => ({ uri: uris[place], digest: digestOf(text(place)) }));
  const dataThatDiffers = async ({ artifactDigest }: ReleaseView): Promise<readonly Difference[]> => {
    const { output } = await product.slipway(['artifact', 'diff', known, artifactDigest ?? '']);
    const { differences } = output as { differences: readonly Difference[] };
    assert.ok(differences.some(({ part }) => part === 'commit'));
    return differences.filter(({ part }) => part === 'data' || part === 'address');
  };
  const logOf = async (view: ReleaseView): Promise<string> =>
    (await product.say(['release', 'logs', view.commit, '--stage', 'build'])).stdout;

  it('when it is all there, then the step has it, from each of the three', async () => {
    await put(first);
    const view = await release(specWith(all(first)));
    assert.equal(view.outcome, 'promoted', view.reason);
    const log = await logOf(view);
    for (const place of PLACES) assert.ok(log.includes(first(place)), `${place}: ${log}`);
    known = view.artifactDigest ?? '';
    const { output } = await product.slipway(['artifact', 'lineage', known]);
    const { declared, environment } = output as { declared: unknown; environment: object };
    assert.deepEqual(
      declared,
      all(first).map(({ uri, digest }, at) => ({ uri, digest, path: `elsewhere/${at}.csv` })),
    );
    assert.deepEqual(Object.keys(environment).sort(), ['arch', 'node', 'platform']);
  });

  it('when it is gone from its addresses, then a later build still has it, by its digest', async () => {
    await remove();
    const view = await release(specWith(all(first), 'echo again; '));
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.ok((await logOf(view)).includes(first('https')));
    assert.deepEqual(await dataThatDiffers(view), []);
  });

  it('when it is other data, then the difference of the two versions names it', async () => {
    const other = (place: Place): string => `higher ${first(place)}`;
    await put(other);
    const view = await release(specWith([...all(first).slice(0, 2), ...all(other).slice(2)]));
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.deepEqual(await dataThatDiffers(view), [
      { part: 'data', name: 'elsewhere/2.csv', from: digestOf(first('https')), to: digestOf(other('https')) },
    ]);
  });

  for (const place of PLACES)
    it(`when ${place}: has other bytes than the spec says, then they are refused, and their digest is not told`, async () => {
      const other = (of: Place): string => `other ${first(of)}`;
      await put(other);
      const view = await release(specWith([{ uri: uris[place], digest: digestOf(`wanted by ${place}`) }]));
      assert.equal(view.outcome, 'failed');
      assert.match(view.reason ?? '', /^data_changed: .*is not what slipway\.yaml asks for/);
      assert.ok(!view.reason?.includes(digestOf(other(place))));
    });

  for (const [what, uri] of [
    ['folder', () => 'file:///etc/hostname'],
    ['bucket', () => 's3://slipway/pointers/source/ferry-delay.json'],
    ['host', () => uris.https.replace('localhost', '127.0.0.1')],
  ] as const)
    it(`when the operator does not list its ${what}, then it is refused by name`, async () => {
      const view = await release(specWith([{ uri: uri(), digest: digestOf(what) }]));
      assert.equal(view.outcome, 'failed');
      assert.match(view.reason ?? '', /^data_refused: /);
      const { stdout } = await product.say(['release', 'show', view.commit]);
      assert.match(stdout, /What to do: Use https and a host of the Internet, or let the operator list/);
    });
});
