import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { requireSpec } from '../contract/spec/requireSpec.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { authorOf, branchesOf, checkedOutBranch, readInCopy, writersOf } from './workingCopy.js';

/** A model that `slipway dev` is to watch. */
export interface DevModel {
  readonly name: string;
  readonly url: string;
  readonly branch: string;
  /** The branch was named on the command line; otherwise one that is configured already stays. */
  readonly branchGiven: boolean;
  /** E-mail addresses whose commits are the author's: who would commit there, and who wrote the newest commit. */
  readonly authors: readonly string[];
  readonly clock?: 'wall' | 'arrivals';
}

interface Named {
  readonly model?: readonly string[];
  readonly repository?: readonly string[];
  readonly clock: string;
}

/** The models that the command line names. A folder of this machine must have the branch that would be watched. */
export const watchedModels = async ({ model, repository, clock }: Named): Promise<readonly DevModel[]> => {
  if (clock !== 'wall' && clock !== 'arrivals')
    throw new SlipwayError('usage', `--clock is wall or arrivals, not ${clock}`);
  const found = await Promise.all([...(model ?? []).map(addressed), ...(repository ?? []).map(workingCopy)]);
  return found.map((one) => ({ ...one, clock }));
};

/** `name=path-or-url#branch`; the name is the folder's where it is left out. */
const addressed = async (text: string): Promise<DevModel> => {
  const [, named, location = '', branch] = /^(?:([a-z0-9][a-z0-9-]*)=)?([^#]+)(?:#(.+))?$/.exec(text) ?? [];
  if (location === '') throw new SlipwayError('usage', `${text} is not of the form name=repository#branch`);
  const [last = ''] = location
    .replace(/[/:]+$/, '')
    .split(/[/:]/)
    .slice(-1);
  const name = named ?? last.replace(/\.git$/, '');
  if (!/^[a-z+]+:\/\/|^[^/]+@[^/]+:/.test(location)) return { name, ...(await branchIn(resolve(location), branch)) };
  const email = await authorOf(homedir());
  return {
    name,
    url: location,
    branch: branch ?? 'main',
    branchGiven: branch !== undefined,
    authors: email === undefined ? [] : [email],
  };
};

const workingCopy = async (text: string): Promise<DevModel> => {
  const [, folder = '', branch] = /^([^#]*)(?:#(.+))?$/.exec(text) ?? [];
  const source = await branchIn(resolve(folder), branch);
  const file = join(folder, 'slipway.yaml');
  const spec = await readFile(file, 'utf8').catch(() => undefined);
  if (spec === undefined)
    throw new SlipwayError('usage', `there is no ${file}; name the model with --model name=${folder}`);
  return { name: requireSpec(spec, file, {}, readInCopy(folder)).model, ...source };
};

const branchIn = async (folder: string, given: string | undefined): Promise<Omit<DevModel, 'name' | 'clock'>> => {
  if (!['.git', 'HEAD'].some((entry) => existsSync(join(folder, entry))))
    throw new SlipwayError('usage', `${folder} is not the root of a Git repository`);
  const branches = await branchesOf(folder);
  const branch = given ?? (await checkedOutBranch(folder));
  if (branch === undefined)
    throw new SlipwayError(
      'usage',
      `no branch is checked out in ${folder}: name one, as in --repository ${folder}#main`,
    );
  if (!branches.includes(branch)) {
    const others = branches.length === 0 ? 'nothing was committed yet' : `there are ${branches.join(', ')}`;
    throw new SlipwayError('usage', `${folder} has no branch ${branch}: ${others}`);
  }
  const emails = [await authorOf(folder), ...(await writersOf(folder, branch))];
  return {
    url: folder,
    branch,
    branchGiven: given !== undefined,
    authors: [...new Set(emails.filter((email) => email !== undefined))],
  };
};
