import { isFenceNumber } from './acceptEpoch.js';
import type { Role, TargetCommand, TargetVersion } from './types.js';

export type ReadCommand =
  | { readonly kind: 'command'; readonly command: TargetCommand }
  /** `weights_invalid`: nothing but the shares is wrong. */
  | { readonly kind: 'invalid'; readonly code: 'request_invalid' | 'weights_invalid'; readonly reason: string };

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * A command from outside, every mistake named. Weights are percent in tenths and sum to 100, those of shadows are 0; no
 * versions at all retire the model from the environment.
 */
export const readCommand = (body: unknown): ReadCommand => {
  if (!isRecord(body)) return { kind: 'invalid', code: 'request_invalid', reason: 'the command is no object' };
  const mistakes: string[] = [];
  const { model, environment, fence, versions } = body;
  if (typeof model !== 'string' || !NAME.test(model)) mistakes.push('model is no name');
  if (typeof environment !== 'string' || !NAME.test(environment)) mistakes.push('environment is no name');
  if (!isRecord(fence) || !isFenceNumber(fence['epoch']) || !isFenceNumber(fence['seq']))
    mistakes.push('fence is no {epoch, seq}');
  if (!Array.isArray(versions)) mistakes.push('versions is no list');
  else mistakes.push(...versionMistakes(versions));
  const shares = Array.isArray(versions) ? shareMistakes(versions) : [];
  if (mistakes.length > 0 || shares.length > 0) {
    const code = mistakes.length > 0 ? 'request_invalid' : 'weights_invalid';
    return { kind: 'invalid', code, reason: [...mistakes, ...shares].join('; ') };
  }
  const { epoch, seq } = fence as { epoch: number; seq: number };
  return {
    kind: 'command',
    command: {
      model: model as string,
      environment: environment as string,
      fence: { epoch, seq },
      versions: (versions as readonly TargetVersion[]).map(
        ({ artifactDigest, releaseId, commit, weight, role, copies }) => ({
          artifactDigest,
          releaseId,
          commit,
          weight,
          role,
          ...(copies === undefined ? {} : { copies }),
        }),
      ),
    },
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const versionMistakes = (versions: readonly unknown[]): readonly string[] => {
  const mistakes: string[] = [];
  const seen = new Set<unknown>();
  for (const [index, version] of versions.entries()) {
    if (!isRecord(version)) {
      mistakes.push(`version ${index} is no object`);
      continue;
    }
    const { artifactDigest, releaseId, commit, role } = version;
    if (typeof artifactDigest !== 'string' || !DIGEST.test(artifactDigest))
      mistakes.push(`version ${index} has no digest`);
    if (seen.has(artifactDigest)) mistakes.push(`version ${index} is there twice`);
    seen.add(artifactDigest);
    if (typeof releaseId !== 'string' || typeof commit !== 'string') mistakes.push(`version ${index} names no release`);
    if (!ROLES.has(role)) mistakes.push(`version ${index} has no role`);
  }
  return mistakes;
};

const shareMistakes = (versions: readonly unknown[]): readonly string[] => {
  const mistakes: string[] = [];
  let sum = 0;
  for (const [index, version] of versions.entries()) {
    if (!isRecord(version)) continue;
    const { weight, role, copies } = version;
    if (!isPercent(weight)) mistakes.push(`the weight of version ${index} is no percent in tenths`);
    else sum += weight;
    mistakes.push(...copyMistakes(index, role === 'shadow', weight, copies));
  }
  if (mistakes.length === 0 && versions.length > 0 && Math.abs(sum - 100) > 1e-6)
    mistakes.push(`the weights sum to ${sum}, not to 100`);
  return mistakes;
};

const ROLES: ReadonlySet<unknown> = new Set<Role>(['champion', 'candidate', 'shadow']);

const copyMistakes = (index: number, shadow: boolean, weight: unknown, copies: unknown): readonly string[] => {
  if (!shadow) return copies === undefined ? [] : [`version ${index} has copies, and is no shadow`];
  return [
    ...(weight === 0 ? [] : [`version ${index} is a shadow, and has a share of the traffic`]),
    ...(isPercent(copies) && copies > 0 ? [] : [`the copies of version ${index} are no percent in tenths above 0`]),
  ];
};

const isPercent = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100 && isTenth(value);

const isTenth = (weight: number): boolean => Math.abs(weight * 10 - Math.round(weight * 10)) < 1e-6;
