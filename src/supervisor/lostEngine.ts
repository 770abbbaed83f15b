import { SlipwayError } from '../domain/errors/slipwayError.js';
import { answersHealth } from './healthCheck.js';

const ASKED_WITHIN_MS = 30_000;

/** The API answers without its engine, too: it shows what is stored, and recovers it. */
export const apiAnswers = async (url: string, signal: AbortSignal): Promise<void> => {
  const { hostname: host, port } = new URL(url);
  await answersHealth({ host, port: Number(port), path: '/ready' }, signal).catch((error: unknown) => {
    if (!isLost(error)) throw error;
  });
};

/** What the API says is wrong with engine or store; undefined: nothing. */
export const problemOf = async (url: string): Promise<SlipwayError | Error | undefined> => {
  const { hostname: host, port } = new URL(url);
  try {
    await answersHealth({ host, port: Number(port), path: '/ready' }, AbortSignal.timeout(ASKED_WITHIN_MS));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

export const isLost = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'temporal_empty';
