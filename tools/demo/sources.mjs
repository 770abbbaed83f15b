// Sources that the product's own word is held against: the bytes of the store, the servers' own metadata, the engine's
// histories, the repository, the receiver's file. None of this goes through Slipway's code.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import * as Minio from 'minio';
import { parse } from 'yaml';
import { readAlerts } from './installation.mjs';

export const openSources = async (installation, { repository, model }) => {
  const config = parse(readFileSync(join(installation.home, 'slipway.config.yaml'), 'utf8'));
  const storeUrl = new URL(installation.url('store'));
  const keys = JSON.parse(readFileSync(join(installation.home, 'keys', 'store.json'), 'utf8'));
  const store = new Minio.Client({ endPoint: storeUrl.hostname, port: Number(storeUrl.port), useSSL: false, ...keys });
  const temporalAddress = installation.temporalAddress();
  const connection = await Connection.connect({ address: temporalAddress });
  const temporal = new Client({ connection });
  const production = config.environments.find((one) => one.name === 'production').target.local.url;

  const object = async (key, bucket = 'slipway') => {
    const chunks = [];
    for await (const chunk of await store.getObject(bucket, key)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const keysBelow = async (prefix, bucket = 'slipway') => {
    const found = [];
    for await (const entry of store.listObjectsV2(bucket, prefix, true)) found.push(entry.name);
    return found.sort();
  };
  return {
    production,
    object,
    keysBelow,
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    head: () => execFileSync('git', ['-C', repository, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    log: () => execFileSync('git', ['-C', repository, 'log', '--format=%H'], { encoding: 'utf8' }).trim().split('\n'),
    status: (commit) => JSON.parse(readFileSync(join(`${repository}.slipway`, 'status', `${commit}.json`), 'utf8')),
    /** What production itself says that it serves. */
    served: async () => (await fetch(`${production}/v2/models/${model}`)).json(),
    history: async (workflowId) =>
      JSON.parse(historyToJSON(await temporal.workflow.getHandle(workflowId).fetchHistory())).events,
    closed: async (query) => {
      const found = [];
      for await (const one of temporal.workflow.list({ query })) found.push(one);
      return found;
    },
    alerts: () => readAlerts(installation.alerts),
    /** SQL over Parquet objects of the store; `$files` stands for them. */
    query: async (prefix, sql) => {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-demo-'));
      const instance = await DuckDBInstance.create(':memory:');
      const database = await instance.connect();
      try {
        const names = (await keysBelow(prefix)).filter((name) => name.endsWith('.parquet'));
        const files = [];
        for (const [index, name] of names.entries()) {
          const path = join(folder, `${index}.parquet`);
          writeFileSync(path, await object(name));
          files.push(`'${path}'`);
        }
        if (files.length === 0) return [];
        const reader = await database.runAndReadAll(
          sql.replace('$files', `read_parquet([${files.join(', ')}], union_by_name = true)`),
        );
        return reader.getRowObjectsJS();
      } finally {
        database.closeSync();
        instance.closeSync();
        rmSync(folder, { recursive: true });
      }
    },
    close: () => connection.close(),
  };
};
