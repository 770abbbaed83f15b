import type { BigIntStats } from 'node:fs';
import { sep } from 'node:path';

/** Why something below the folder cannot be had, as the end of a sentence that begins with its path. */
export interface Unreadable {
  readonly missing: boolean;
  readonly problem: string;
}

/** One thing below the folder, for as long as somebody works on it. */
export interface Held {
  /** Opens it, and begins the paths of what lies in it: the thing itself, whatever bears its name meanwhile. */
  readonly file: string;
  readonly info: BigIntStats;
}

export interface Listed {
  readonly path: string;
  readonly link: boolean;
}

/**
 * A checkout. Commands write to it freely, and some may still run while the worker reads, places and clears what is in it:
 * a path that was looked at may lead somewhere else a moment later. So whoever touches a checkout does it by this, and
 * nothing beyond the folder is read, written or deleted. Paths are relative to it, with slashes; links within it are followed.
 */
export interface GuardedFolder {
  hold<T extends object>(path: string, work: (held: Held) => Promise<T>): Promise<T | Unreadable>;
  /** Files and links below a folder of it, or of all of it, sorted; nothing where there is none, or it goes meanwhile. */
  list(path?: string): Promise<readonly Listed[]>;
  /** Lets `write` make a file where the path says, in folders that are made where they are missing. */
  place<T extends object>(path: string, write: (file: string) => Promise<T>): Promise<T>;
  /** Takes away what lies there, a link as such. */
  clear(path: string): Promise<void>;
}

export const MISSING: Unreadable = { missing: true, problem: 'was not written' };
export const LEADS_OUT: Unreadable = { missing: false, problem: 'leads out of the checkout' };
export const NO_FILE: Unreadable = { missing: false, problem: 'is no file' };
export const NO_FOLDER: Unreadable = { missing: false, problem: 'leads through a file' };

export const isUnreadable = (found: object): found is Unreadable => 'problem' in found;

/** Nothing, or nothing that can be reached: not the trouble of a machine that has no descriptor or memory left. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

export const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

export const byPath = (a: Listed, b: Listed): number => (a.path < b.path ? -1 : 1);
