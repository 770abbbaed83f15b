import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openArtifactFolder } from '../../src/adapters/folder/artifact.js';
import { createOnnxInferenceRunner } from '../../src/adapters/onnx/inferenceRunner.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { importModel } from '../../src/offline/importModel.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { testModel } from '../fixtures/artifact.js';
import { externalWeight } from '../fixtures/hostileModels.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-import-'));
after(() => rm(folder, { recursive: true }));
const refused = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof SlipwayError && error.code === code && words.test(error.message);
let imports = 0;
const take = async (source: string) => {
  const target = join(folder, `imported-${(imports += 1)}`);
  await importModel(source, target, { name: 'late', licence: 'MIT' }, createOnnxInferenceRunner());
  return openArtifactFolder(target);
};

/** A model as MLflow saves it. */
const mlflow = async (name: string, flavors: string): Promise<string> => {
  const directory = join(folder, name);
  await mkdir(directory);
  await writeFile(join(directory, 'MLmodel'), `run_id: r1\nflavors:\n${flavors}`);
  await writeFile(join(directory, 'model.onnx'), testModel(0));
  return directory;
};

describe('a folder that leads elsewhere, or takes for ever', () => {
  it('is refused where a folder on the way is a link, or a file has a second name', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'model.onnx'), testModel(0));
    const through = await mlflow('through', '  onnx: {data: sub/model.onnx}\n');
    await symlink(elsewhere, join(through, 'sub'));
    await assert.rejects(take(through), refused('artifact_refused', /is a link, or has a second name/));
    const hard = await mlflow('hard', '  onnx: {data: twice.onnx}\n');
    await link(join(elsewhere, 'model.onnx'), join(hard, 'twice.onnx'));
    await assert.rejects(take(hard), refused('artifact_refused', /is a link, or has a second name/));
    const described = await mlflow('described', '');
    await rm(join(described, 'MLmodel'));
    await symlink('/dev/zero', join(described, 'MLmodel'));
    await assert.rejects(take(described), refused('artifact_refused', /is not there, or no file/));
  });

  it('is refused where its MLmodel is nested, wide or no YAML, with the reason', async () => {
    const wide = Array.from({ length: 10_000 }, (_, at) => `  k${at}: 1\n`).join('');
    for (const [name, text, words] of [
      ['nested', `  onnx: ${'['.repeat(120_000)}\n`, /is nested too deeply/],
      ['wide', wide, /has too many entries in one place/],
      ['huge', `  onnx: ${'x'.repeat(300_000)}\n`, /is larger than 256 KiB/],
      ['twice', '  onnx: {}\n  onnx: {}\n', /is written twice/],
      ['many', wide.slice(0, 20_000), /k39 and \d+ more is not taken/],
    ] as const)
      await assert.rejects(take(await mlflow(name, text)), refused('artifact_refused', words), name);
  });
});

describe('importing a model', () => {
  it('takes a bare ONNX file, the same bytes each time, and attests nothing', async () => {
    const file = join(folder, 'bare.onnx');
    await writeFile(file, testModel(0));
    const [first, second] = [await take(file), await take(file)];
    assert.equal(first.digest, second.digest);
    const { checks } = await verifyArtifact(first, []);
    assert.deepEqual(
      checks.filter(({ ok }) => !ok).map(({ what }) => what),
      ['attestation provenance'],
    );
  });

  it('takes the ONNX flavour of an MLflow model', async () => {
    const { model, manifest } = await take(
      await mlflow('good', '  onnx: {data: model.onnx}\n  python_function: {loader_module: mlflow.onnx}\n'),
    );
    assert.deepEqual([model, manifest.layers.length], ['late', 2]);
  });

  it('refuses every other flavour by name', async () => {
    const source = await mlflow('sklearn', '  sklearn: {pickled_model: model.pkl}\n  python_function: {}\n');
    await assert.rejects(take(source), refused('artifact_refused', /the flavour sklearn is not taken/));
  });

  it('refuses data that lies elsewhere, links, and folders that are no model', async () => {
    await assert.rejects(
      take(await mlflow('outside', '  onnx: {data: ../bare.onnx}\n')),
      refused('artifact_refused', /leads elsewhere/),
    );
    const linked = await mlflow('linked', '  onnx: {data: link.onnx}\n');
    await symlink(join(linked, 'model.onnx'), join(linked, 'link.onnx'));
    await assert.rejects(take(linked), refused('artifact_refused', /no file/));
    await mkdir(join(folder, 'empty'));
    await assert.rejects(take(join(folder, 'empty')), refused('artifact_refused', /no file MLmodel/));
  });

  it('refuses a pickle that is called ONNX, and weights that are kept in other files', async () => {
    const file = join(folder, 'pickle.onnx');
    await writeFile(file, Buffer.from([0x80, 4, 0x95, 1, 2, 3]));
    await assert.rejects(take(file), refused('model_invalid', /Python pickle/));
    await writeFile(file, Buffer.concat([testModel(0), externalWeight('../../etc/passwd')]));
    await assert.rejects(take(file), refused('model_invalid', /other files/));
  });
});
