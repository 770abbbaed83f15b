import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Document, parseDocument, type YAMLSeq } from 'yaml';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readText, writeWhole } from './files.js';
import { freePorts } from './freePorts.js';
import type { HomeFiles } from './home.js';

export interface ModelSource {
  readonly name: string;
  /** Address or folder of its Git repository. */
  readonly url: string;
  readonly branch: string;
  /** False: where the model is there already, its branch stays. */
  readonly branchGiven?: boolean;
  /** E-mail addresses whose commits are the author's. */
  readonly authors?: readonly string[];
  /** What `now` is for its production data: the clock of the wall unless it is said. */
  readonly clock?: 'wall' | 'arrivals';
}

export interface OperatorFileOptions {
  readonly models: readonly ModelSource[];
}

const ENVIRONMENTS = ['test', 'staging', 'production'];
const IDENTITIES = ['author', 'reviewer', 'oncall'];

const HEADER = ` Slipway's configuration of this installation, written by its first start; yours to change.
 Identities: give people the roles author, reviewer, oncall, operator, and tie their commits to them by gitEmails.
 Alerts go to channels: add \`channels\` with a webhook, mail or Slack each, named like an owner or a role.`;

/**
 * Writes the operator's file where there is none; completes one that is there with environments on this machine, the
 * three identities, and the models that were named. What a person wrote, and their comments, stay as they are.
 */
export const completeOperatorFile = async (files: HomeFiles, options: OperatorFileOptions): Promise<void> => {
  const text = await readText(files.config);
  const document = text === undefined ? newDocument() : parseDocument(text);
  // A file with mistakes is told by its reader, with line and column.
  if (document.errors.length > 0) return;
  if (isEmpty(document, 'identities')) document.set('identities', document.createNode(identities()));
  if (isEmpty(document, 'environments')) document.set('environments', document.createNode(await environments(files)));
  for (const model of options.models) addModel(document, model);
  const completed = document.toString({ lineWidth: 120 });
  if (completed !== text) await writeWhole(files.config, completed);
};

const newDocument = (): Document => {
  const document = new Document({
    version: 1,
    installation: `local-${randomBytes(4).toString('hex')}`,
    source: { pollEvery: '10s' },
  });
  document.commentBefore = HEADER;
  return document;
};

const isEmpty = (document: Document, key: string): boolean => {
  const value = (document.toJS() as Readonly<Record<string, unknown>> | null)?.[key];
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
};

const identities = () => IDENTITIES.map((name) => ({ name, roles: [name], gitEmails: [`${name}@example.com`] }));

const environments = async (files: HomeFiles) => {
  const ports = await freePorts(ENVIRONMENTS.length);
  return ENVIRONMENTS.map((name, index) => ({
    name,
    target: {
      local: { adminSocket: join(files.sockets, `serving-${name}.sock`), url: `http://127.0.0.1:${ports[index]}` },
    },
  }));
};

interface WrittenModel {
  readonly name?: string;
  readonly repository?: { readonly url?: string; readonly branch?: string };
}

const addModel = (document: Document, model: ModelSource): void => {
  const written = ((document.toJS() as { models?: readonly WrittenModel[] }).models ?? []).find(
    ({ name }) => name === model.name,
  );
  const local = isLocal(model.url);
  const url = local ? resolve(model.url) : model.url;
  if (written !== undefined) {
    const branch = written.repository?.branch ?? 'main';
    if (written.repository?.url === url && (model.branchGiven === false || branch === model.branch)) return;
    throw new SlipwayError(
      'usage',
      `model ${model.name} has another repository in slipway.config.yaml (${written.repository?.url}#${branch}); change it there`,
    );
  }
  for (const email of model.authors ?? []) addAuthor(document, email);
  if (local) append(document, 'sourceRoots', url);
  append(document, 'models', {
    name: model.name,
    repository: { url, branch: model.branch },
    ...(model.clock === undefined || model.clock === 'wall'
      ? {}
      : { environments: namesOf(document).map((name) => ({ name, clock: model.clock })) }),
  });
};

interface WrittenIdentity {
  readonly name?: string;
  readonly gitEmails?: readonly string[] | null;
}

/** Ties an address that belongs to nobody yet to `author`, where there is one. */
const addAuthor = (document: Document, email: string): void => {
  const written = (document.toJS() as { identities: readonly WrittenIdentity[] }).identities;
  const known = written.flatMap(({ gitEmails }) => gitEmails ?? []).map((one) => one.toLowerCase());
  const index = written.findIndex(({ name }) => name === 'author');
  if (index < 0 || known.includes(email.toLowerCase())) return;
  const emails = written[index]?.gitEmails ?? [];
  document.setIn(['identities', index, 'gitEmails'], document.createNode([...emails, email]));
};

const namesOf = (document: Document): readonly string[] =>
  (document.toJS() as { environments: readonly { name: string }[] }).environments.map(({ name }) => name);

const append = (document: Document, key: string, value: unknown): void => {
  if (isEmpty(document, key)) document.set(key, document.createNode([value]));
  else (document.get(key) as YAMLSeq).add(document.createNode(value));
};

/** A folder of this machine, not an address such as https://host/x.git or git@host:x.git. */
export const isLocal = (url: string): boolean => !url.includes('://') && !/^[^/]+@[^/]+:/.test(url);
