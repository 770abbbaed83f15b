#!/usr/bin/env node
// Verifies the story of a demo that still runs once more: `node tools/demo/verify.mjs <home> <repository> <facts.json>
// [--spoil <claim>]...`. With --spoil the story is told again for each of these claims with the product's word on it
// altered: none of them must hold then. One line of JSON a story; the exit code is 0 only if every one holds.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CLAIMS, judgeStory } from './claims.mjs';
import { attach } from './installation.mjs';
import { openSources } from './sources.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { spoil: { type: 'string', multiple: true } },
});
const [home, repository, file] = positionals;
const { facts } = JSON.parse(readFileSync(file, 'utf8'));
const claimOf = (name) => {
  const found = CLAIMS.find((claim) => claim.name === name);
  if (found === undefined) throw new Error(`there is no claim "${name}"`);
  return found;
};
const stories =
  values.spoil === undefined ? [facts] : values.spoil.map((name) => structuredClone(claimOf(name).spoil(facts)));

const sources = await openSources(attach(home), { repository, model: facts.model });
for (const story of stories) {
  const claims = await judgeStory(story, sources);
  const ok = claims.every((one) => one.ok);
  process.stdout.write(`${JSON.stringify({ ok, claims })}\n`);
  if (!ok) process.exitCode = 1;
}
await sources.close();
