import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { readTargets } from '../../src/config/load.js';
import { readOperatorFile } from '../../src/config/operator.js';
import { homeFiles } from '../../src/supervisor/home.js';
import { completeOperatorFile } from '../../src/supervisor/operatorFile.js';
import { newFolder } from './scene.js';

const folder = newFolder();
after(() => rmSync(folder, { recursive: true, force: true }));
const files = homeFiles(folder);
const MODEL = { name: 'flights', url: `${folder}/flights`, branch: 'main' };
const text = (): string => readFileSync(files.config, 'utf8');

test('a new file is valid, and ties the commits of the model repository to the author', async () => {
  const authors = ['somebody@example.org', 'Reviewer@example.com'];
  await completeOperatorFile(files, { models: [{ ...MODEL, authors }] });
  const read = readOperatorFile(files.config);
  assert.deepEqual(
    read.identities.map(({ name, roles, gitEmails }) => [name, roles, gitEmails]),
    [
      ['author', ['author'], ['author@example.com', 'somebody@example.org']],
      ['reviewer', ['reviewer'], ['reviewer@example.com']],
      ['oncall', ['oncall'], ['oncall@example.com']],
    ],
  );
  assert.deepEqual(read.sourceRoots, [MODEL.url]);
  assert.deepEqual(
    readTargets(files.config).environments.map(({ name }) => name),
    ['test', 'staging', 'production'],
  );
});

test('a second start changes nothing', async () => {
  const before = text();
  await completeOperatorFile(files, { models: [MODEL] });
  assert.equal(text(), before);
});

test('the branch of a model that is there stays, unless another one is named', async () => {
  const before = text();
  await completeOperatorFile(files, { models: [{ ...MODEL, branch: 'topic', branchGiven: false }] });
  assert.equal(text(), before);
  await assert.rejects(completeOperatorFile(files, { models: [{ ...MODEL, branch: 'topic', branchGiven: true }] }), {
    message: /has another repository in slipway.config.yaml \(.*#main\)/,
  });
});

test('a second model brings its own authors', async () => {
  const second = { name: 'ferries', url: `${folder}/ferries`, branch: 'main', authors: ['other@example.org'] };
  await completeOperatorFile(files, { models: [second] });
  assert.deepEqual(readOperatorFile(files.config).identities[0]?.gitEmails, [
    'author@example.com',
    'somebody@example.org',
    'other@example.org',
  ]);
});

test('what a person wrote stays, with its comments; what is missing is added', async () => {
  writeFileSync(
    files.config,
    `version: 1
installation: ours # the audience
identities:
  - { name: lead, roles: [reviewer, operator] } # of the team
channels:
  - { name: oncall, webhook: { url: "http://127.0.0.1:9/x", secretFile: secret } }
`,
  );
  await completeOperatorFile(files, { models: [{ ...MODEL, clock: 'arrivals' }] });
  assert.match(text(), /installation: ours # the audience/);
  assert.match(text(), /# of the team/);
  const read = readOperatorFile(files.config);
  assert.deepEqual(
    read.identities.map(({ name }) => name),
    ['lead'],
  );
  assert.equal(read.environments.length, 3);
  assert.deepEqual(
    read.models[0]?.environments.map(({ clock }) => clock),
    ['arrivals', 'arrivals', 'arrivals'],
  );
});

test('a model that is there with another repository is not changed behind the operator', async () => {
  const before = text();
  await assert.rejects(completeOperatorFile(files, { models: [{ ...MODEL, url: 'https://git.example.com/x.git' }] }), {
    code: 'usage',
    message: /has another repository in slipway.config.yaml/,
  });
  assert.equal(text(), before);
});

test('a file with mistakes is left for its reader, which names line and column', async () => {
  writeFileSync(files.config, 'version: 1\ninstallation: [\n');
  await completeOperatorFile(files, { models: [MODEL] });
  assert.throws(() => readOperatorFile(files.config), { code: 'config_invalid', message: /:\d+:\d+: / });
});

test('the sockets of a deep folder stand where their paths are short enough', () => {
  const deep = homeFiles(`/${'deep/'.repeat(30)}home`);
  assert.ok(deep.sockets.length < 68);
  assert.notEqual(homeFiles(`/${'deep/'.repeat(30)}other`).sockets, deep.sockets);
});
