/** The example of Python, from a commit to production. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PlannedRelease } from '../../src/domain/build/planRelease.js';
import { openProduct, type Product } from '../fixtures/product.js';
import { PIP_VARIABLES, whyNoPython } from '../fixtures/python.js';
import { startUsers } from '../fixtures/steadyLoad.js';

const MODEL = 'flight-delay-python';
const EXAMPLE = resolve('examples', MODEL);

/** What is committed of the example, or would be. */
const exampleFiles = (): Readonly<Record<string, string>> => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: EXAMPLE,
    encoding: 'utf8',
  });
  const paths = listed.split('\0').filter((path) => path !== '');
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(EXAMPLE, path), 'utf8')]));
};

/** One request with the flights of the first day that the model has not seen, spread evenly over it. */
const flights = async (): Promise<string> => {
  const { flightsByDay, toRequest } = (await import(pathToFileURL(resolve('tools/demo/traffic.mjs')).href)) as {
    flightsByDay(range: object): Promise<readonly { readonly rows: readonly unknown[] }[]>;
    toRequest(rows: readonly unknown[]): unknown;
  };
  const [day] = await flightsByDay({ from: '2001-05-21', until: '2001-05-22', perDay: 400 });
  return JSON.stringify(toRequest(day?.rows ?? []));
};

const skip = whyNoPython() ?? false;

describe('given the example of Python in an installation', { skip }, () => {
  let product: Product;
  let body: string;
  before(async () => {
    body = await flights();
    product = await openProduct({
      model: MODEL,
      environments: ['test', 'staging', 'production'],
      operator: {
        steps: {
          env: {
            ...PIP_VARIABLES,
            npm_config_cache: process.env['npm_config_cache'] ?? join(homedir(), '.npm'),
          },
        },
      },
    });
  });
  after(() => product.close());

  it('when it is committed, then it passes its tests and gates, and a reviewer takes it to production', async () => {
    const hash = product.repository.commit(exampleFiles());
    const view = await product.untilRelease(
      await product.releaseOf(hash),
      ({ waiting, outcome }) => waiting !== undefined || outcome !== undefined,
    );
    assert.equal(view.outcome, undefined, view.reason);
    assert.match(view.stages.find(({ name }) => name === 'integrate')?.reason ?? '', /^3 checks passed, 16 tests$/);
    const approved = await product.say(['approve', MODEL], 'reviewer');
    assert.equal(approved.exit, 0, approved.stderr);
    // Until the first version is there, production answers nobody.
    const traffic = startUsers(`${product.servingUrl('production')}/v2/models/${MODEL}/infer`, body);
    const ended = await product.untilEnded(`${MODEL}/${view.commit}`);
    await traffic.pass(50);
    const { byVersion } = await traffic.stop();
    assert.equal(ended.outcome, 'promoted', JSON.stringify(ended));
    assert.ok((byVersion[ended.artifactDigest?.slice('sha256:'.length) ?? ''] ?? 0) > 0, JSON.stringify(byVersion));
  });

  it('when one parameter of training would change, then its plan has training run again, and the data from the store', async () => {
    const plan = async (...words: readonly string[]) => {
      const { output } = await product.slipway(['plan', product.repository.directory, ...words]);
      return (output as PlannedRelease).steps.map(({ step, kind }) => [step, kind]);
    };
    assert.deepEqual(await plan(), [
      ['data', 'skip'],
      ['train', 'skip'],
    ]);
    assert.deepEqual(await plan('--param', 'trees=61'), [
      ['data', 'skip'],
      ['train', 'run'],
    ]);
  });
});
