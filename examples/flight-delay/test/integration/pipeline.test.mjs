// The pipeline from flights to model on a few days, in a directory of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'flight-delay-'));
const params = {
  'data.from': '2001-03-05',
  'data.until': '2001-03-12',
  'evaluation.days': 2,
  'train.perDay': 200,
  'evaluation.perDay': 100,
  trees: 10,
};

before(() => {
  const file = join(directory, 'params.json');
  writeFileSync(file, JSON.stringify(params));
  for (const step of ['pipeline/data.mjs', 'pipeline/train.mjs']) {
    execFileSync(process.execPath, [resolve(step)], {
      cwd: directory,
      env: { ...process.env, SLIPWAY_PARAMS_FILE: file },
      stdio: 'pipe',
    });
  }
});
after(() => rmSync(directory, { recursive: true }));

const lines = (name) =>
  readFileSync(join(directory, 'build', name), 'utf8')
    .trimEnd()
    .split('\n');

describe('pipeline', () => {
  it('splits by time', () => {
    const times = (name) =>
      lines(name)
        .slice(1)
        .map((line) => Number(line.split(',').at(-1)));
    assert.ok(Math.max(...times('training.csv')) < Math.min(...times('evaluation.csv')));
    assert.equal(times('training.csv').length, 1000);
    assert.equal(times('evaluation.csv').length, 200);
  });

  it('learns more than the share of late flights', () => {
    const report = JSON.parse(readFileSync(join(directory, 'build', 'report.json'), 'utf8'));
    const labels = lines('evaluation.csv')
      .slice(1)
      .map((line) => Number(line.split(',').at(-2)));
    const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
    assert.ok(report.brier < share * (1 - share) + 0.02, `Brier score ${report.brier}`);
  });

  it('writes a model', () => {
    assert.ok(readFileSync(join(directory, 'build', 'model.onnx')).length > 1000);
  });
});
