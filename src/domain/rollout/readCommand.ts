import { isFenceNumber } from './acceptEpoch.js';
import type { TargetCommand, TargetVersion } from './types.js';

export type ReadCommand =
  { readonly kind: 'command'; readonly command: TargetCommand } | { readonly kind: 'invalid'; readonly reason: string };

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * A command from outside, every mistake named. Weights are percent in tenths and sum to 100; no versions at all
 * retire the model from the environment.
 */
export const readCommand = (body: unknown): ReadCommand => {
  if (!isRecord(body)) return { kind: 'invalid', reason: 'the command is no object' };
  const mistakes: string[] = [];
  const { model, environment, fence, versions } = body;
  if (typeof model !== 'string' || !NAME.test(model)) mistakes.push('model is no name');
  if (typeof environment !== 'string' || !NAME.test(environment)) mistakes.push('environment is no name');
  if (!isRecord(fence) || !isFenceNumber(fence['epoch']) || !isFenceNumber(fence['seq']))
    mistakes.push('fence is no {epoch, seq}');
  if (!Array.isArray(versions)) mistakes.push('versions is no list');
  else mistakes.push(...versionMistakes(versions));
  if (mistakes.length > 0) return { kind: 'invalid', reason: mistakes.join('; ') };
  const { epoch, seq } = fence as { epoch: number; seq: number };
  return {
    kind: 'command',
    command: {
      model: model as string,
      environment: environment as string,
      fence: { epoch, seq },
      versions: (versions as readonly TargetVersion[]).map(({ artifactDigest, releaseId, commit, weight, role }) => ({
        artifactDigest,
        releaseId,
        commit,
        weight,
        role,
      })),
    },
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const versionMistakes = (versions: readonly unknown[]): readonly string[] => {
  const mistakes: string[] = [];
  const seen = new Set<unknown>();
  let sum = 0;
  for (const [index, version] of versions.entries()) {
    if (!isRecord(version)) {
      mistakes.push(`version ${index} is no object`);
      continue;
    }
    const { artifactDigest, releaseId, commit, weight, role } = version;
    if (typeof artifactDigest !== 'string' || !DIGEST.test(artifactDigest))
      mistakes.push(`version ${index} has no digest`);
    if (seen.has(artifactDigest)) mistakes.push(`version ${index} is there twice`);
    seen.add(artifactDigest);
    if (typeof releaseId !== 'string' || typeof commit !== 'string') mistakes.push(`version ${index} names no release`);
    if (role !== 'champion' && role !== 'candidate') mistakes.push(`version ${index} has no role`);
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 100) || !isTenth(weight))
      mistakes.push(`the weight of version ${index} is no percent in tenths`);
    else sum += weight;
  }
  if (mistakes.length === 0 && versions.length > 0 && Math.abs(sum - 100) > 1e-6)
    mistakes.push(`the weights sum to ${sum}, not to 100`);
  return mistakes;
};

const isTenth = (weight: number): boolean => Math.abs(weight * 10 - Math.round(weight * 10)) < 1e-6;
