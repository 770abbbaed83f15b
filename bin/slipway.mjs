#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/src/cli.js', import.meta.url);
if (existsSync(entry)) {
  process.setSourceMapsEnabled(true);
  await import(entry.href);
} else {
  console.error('slipway is not built yet: run `npm run demo` or `npm test` once');
  process.exitCode = 1;
}
