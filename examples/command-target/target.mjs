#!/usr/bin/env node
// A command target that drives a serving node of its own: `target.mjs <operation> --state <folder> --socket <path>`, or
// `--admin <host:port>` with the variable NODE_TOKEN. docs/targets.md says what each operation is asked and answers.
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { openPlatform } from './platform.mjs';
import { openTaken } from './taken.mjs';

const OPTIONS = { state: { type: 'string' }, socket: { type: 'string' }, admin: { type: 'string' } };

const { positionals, values } = parseArgs({ options: OPTIONS, allowPositionals: true });
const [operation] = positionals;
const question = await json(process.stdin);
const ask = openPlatform(values);
const taken = openTaken(join(values.state, question.environment, question.model));
const path = `/deployments/${question.model}`;

const sameFence = (a, b) => a.epoch === b.epoch && a.seq === b.seq;
const say = (document) => process.stdout.write(JSON.stringify(document));

/** A refusal is a document with a code of Slipway's; everything else that goes wrong is for people, on stderr. */
const orFail = ({ status, body }) => {
  if (status === 200) return body;
  if (typeof body?.code === 'string') {
    say({ code: body.code, detail: body.detail });
    process.exit(3);
  }
  throw new Error(`the node answered ${status}`);
};

/** Everything that changes what runs is one order to this platform: the whole of what should run. */
const order = async ({ command }) => {
  const { status, body } = await ask('GET', path);
  const stands = status === 404 ? undefined : orFail({ status, body }).fence;
  // What stands under this fence is not to be overwritten by what the node is about to refuse.
  const again = stands !== undefined && sameFence(stands, command.fence);
  if (!again || taken.read(command.fence) === undefined) taken.write(command);
  const answer = await ask('PUT', path, command);
  if (answer.status !== 200 && !again) taken.forget(command.fence);
  orFail(answer);
  taken.keepOnly(command.fence);
};

const status = async () => {
  const answer = await ask('GET', path);
  if (answer.status === 404) return say({ command: null });
  const { fence, versions, inferenceUrl } = orFail(answer);
  const command = taken.read(fence) ?? unknownCommand(fence, versions);
  say({ command, versions, inferenceUrl });
};

/** Somebody else told the node something: this says so, and Slipway finds that it was not its own command. */
const unknownCommand = (fence, versions) => ({
  model: question.model,
  environment: question.environment,
  fence,
  versions: versions.map(({ artifactDigest, weight, role, copies }) => ({
    ...{ artifactDigest, weight, role, ...(copies === undefined ? {} : { copies }) },
    releaseId: 'unknown',
    commit: 'unknown',
  })),
});

const OPERATIONS = {
  deploy: order,
  shift: order,
  rollback: order,
  status,
  measure: async () => say(orFail(await ask('GET', `${path}/traffic`))),
};

await OPERATIONS[operation](question);
