import { askingOf, gateOf } from '../approval/asking.js';
import type { DecisionStatement } from '../approval/types.js';
import { SlipwayError } from '../errors/slipwayError.js';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Does an entry say that somebody's decision counted? Then what was signed must be in it. */
export const isCountedDecision = ({ kind, body }: Entry): boolean => kind === 'decision' && body['counted'] === true;

/**
 * What was signed of a decision that an entry counts; undefined where no key that `verify` trusts signed it. Other
 * failures of `verify` are its caller's.
 */
export const signedDecision = async (
  { body }: Pick<Entry, 'body'>,
  verify: (statement: string) => Promise<DecisionStatement>,
): Promise<DecisionStatement | undefined> => {
  const { statement } = body;
  if (typeof statement !== 'string') return undefined;
  try {
    return await verify(statement);
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'statement_unsigned') return undefined;
    throw error;
  }
};

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
    gate: [gateOf(askingOf(claims.gate), String(body['environment'])), claims.gate],
    artifact: [body['artifactDigest'], claims.artifactDigest],
    evidence: [body['evidenceDigest'], claims.evidenceDigest],
    release: [stream, claims.workflowId],
    jti: [body['jti'], claims.jti],
    to: [body['to'], claims.to],
  };
  const different = Object.entries(said).filter(([, [entry, signed]]) => entry !== signed);
  return different.length === 0
    ? undefined
    : different
        .map(([name, [entry, signed]]) => `${name} is ${String(entry)}, signed was ${String(signed)}`)
        .join('; ');
};
