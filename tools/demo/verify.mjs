#!/usr/bin/env node
// Verifies the story of a demo that still runs once more: `node tools/demo/verify.mjs <home> <repository> <facts.json>
// [--spoil <claim>]`. With --spoil the product's word on one claim is altered before: the story must not hold then.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CLAIMS, verifyStory } from './claims.mjs';
import { attach } from './installation.mjs';
import { openSources } from './sources.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { spoil: { type: 'string' } } });
const [home, repository, file] = positionals;
const { facts } = JSON.parse(readFileSync(file, 'utf8'));
const spoiled = CLAIMS.find((claim) => claim.name === values.spoil);
if (values.spoil !== undefined && spoiled === undefined) throw new Error(`there is no claim "${values.spoil}"`);

const sources = await openSources(attach(home), { repository, model: facts.model });
const { results, blind } = await verifyStory(spoiled === undefined ? facts : spoiled.spoil(facts), sources);
await sources.close();
const ok = results.every((one) => one.ok);
process.stdout.write(`${JSON.stringify({ ok, claims: results, blind })}\n`);
process.exitCode = ok ? 0 : 1;
