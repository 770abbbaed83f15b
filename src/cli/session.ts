import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A log-in that was made here. */
export interface KeptSession {
  /** The API that it is for: its token goes nowhere else. */
  readonly url: string;
  readonly token: string;
  readonly identity: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const fileOf = (home: string): string => join(home, 'session.json');

/** For the owner alone, replaced whole. */
export const keepSession = (home: string, session: KeptSession): void => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const draft = `${fileOf(home)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(session)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, fileOf(home));
};

/** The session with this API that is not over; undefined where there is none. */
export const keptSession = (home: string, url: string, now: number): KeptSession | undefined => {
  const kept = lastSession(home, url);
  return kept !== undefined && now < kept.expiresAt ? kept : undefined;
};

/** The last one with this API, also where it is over. */
export const lastSession = (home: string, url: string): KeptSession | undefined => {
  try {
    const kept = JSON.parse(readFileSync(fileOf(home), 'utf8')) as KeptSession;
    return kept.url === url ? kept : undefined;
  } catch {
    return undefined;
  }
};

export const forgetSession = (home: string): void => rmSync(fileOf(home), { force: true });
