import type { DecisionStatement } from '../approval/types.js';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Does an entry say that somebody's decision counted? Then what was signed must be in it. */
export const isCountedDecision = ({ kind, body }: Entry): boolean => kind === 'decision' && body['counted'] === true;

/** The compact JWS that an entry carries; empty where it carries none. */
export const statementOf = ({ body }: Entry): string =>
  typeof body['statement'] === 'string' ? body['statement'] : '';

/**
 * Why an entry of a release's stream is not what its signed statement says; undefined where it is.
 *
 * @param claims of the statement; undefined: no key that is trusted signed it
 */
export const decisionFault = (
  stream: string,
  { body }: Pick<Entry, 'body'>,
  claims: DecisionStatement | undefined,
): string | undefined => {
  if (claims === undefined) return 'no decision key that is trusted signed it';
  const said: Readonly<Record<string, readonly [unknown, unknown]>> = {
    subject: [body['subject'], claims.sub],
    decision: [body['decision'], claims.decision],
    environment: [body['environment'], claims.env],
    gate: [`approve.${String(body['environment'])}`, claims.gate],
    artifact: [body['artifactDigest'], claims.artifactDigest],
    evidence: [body['evidenceDigest'], claims.evidenceDigest],
    release: [stream, claims.workflowId],
    jti: [body['jti'], claims.jti],
  };
  const different = Object.entries(said).filter(([, [entry, signed]]) => entry !== signed);
  return different.length === 0
    ? undefined
    : different
        .map(([name, [entry, signed]]) => `${name} is ${String(entry)}, signed was ${String(signed)}`)
        .join('; ');
};
