/** Messages of somebody who can send to a release, and may not decide: every one must be refused. Seeded, so that a run can be told again. */
import { generateKeyPairSync, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { base64url, SignJWT, UnsecuredJWT } from 'jose';
import type { DecisionStatement } from '../../src/domain/approval/types.js';
import type { DecisionSigner } from '../../src/ports/decisionKeys.js';

export interface Forgery {
  readonly kind: string;
  /** What the signal carries. */
  readonly argument: unknown;
  /** Its refusal may be dropped as a repeat before the ledger hears of it. */
  readonly isRepeat?: true;
}

export interface Workshop {
  /** Tokens that counted once. */
  readonly used: readonly string[];
  /** A token that nobody sent yet, of somebody who may decide. */
  readonly genuine: string;
  readonly publicKey: JsonWebKey;
  /** The installation's own key: what somebody who may sign says about something else, or too late. */
  readonly signer: Pick<DecisionSigner, 'sign'>;
}

type Recipe = readonly [kind: string, number: number, value: unknown];

/** Claims that make a statement be about something else than what the release waits with. */
const ELSEWHERE: Readonly<Record<string, (claims: DecisionStatement) => Partial<DecisionStatement>>> = {
  'other installation': () => ({ aud: 'another-installation' }),
  'other release': ({ workflowId }) => ({ workflowId: `${workflowId.slice(0, -40)}${'0'.repeat(40)}` }),
  'other model': () => ({ model: 'another-model' }),
  'other environment': () => ({ env: 'staging' }),
  'other gate': () => ({ gate: 'approve.staging' }),
  'lower epoch': ({ epoch }) => ({ epoch: epoch - 1 }),
  'higher epoch': ({ epoch }) => ({ epoch: epoch + 1 }),
  'other artifact': () => ({ artifactDigest: `sha256:${'1'.repeat(64)}` }),
  'other evidence': () => ({ evidenceDigest: `sha256:${'2'.repeat(64)}` }),
  'other policy': () => ({ policyDigest: `sha256:${'3'.repeat(64)}` }),
  'other plan': () => ({ planDigest: `sha256:${'4'.repeat(64)}` }),
  'other inputs': () => ({ inputsDigest: `sha256:${'5'.repeat(64)}` }),
  override: () => ({ decision: 'override' as never }),
};

/** Each of these is judged by itself: about exactly this, and signed by us. */
const POWERLESS: Readonly<Record<string, (now: number) => Partial<DecisionStatement>>> = {
  expired: (now) => ({ iat: now - 1_000, exp: now - 100 }),
  'from the future': (now) => ({ iat: now + 3_600, exp: now + 4_500 }),
  'by its author': () => ({ sub: 'author', roles: ['reviewer'] }),
  'without the role': () => ({ sub: 'oncall', roles: ['reviewer'] }),
  'by nobody': () => ({ sub: 'stranger', roles: ['reviewer'] }),
  'without a reason': () => ({ decision: 'reject', reason: ' ' }),
};

const SELF_MADE = ['own key, our kid', 'own key, own kid', 'own key in the header', 'none', 'none, our signature'];
const HMAC = ['HS256 with the raw public key', 'HS256 with the PEM public key', 'HS256 with the JWK public key'];
const ALTERED = ['altered claim', 'altered signature', 'altered header', 'cut short', 'two joined', 'too long'];

const recipes: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 20, arbitrary: of(['raw JSON', 'raw statement']) },
  { weight: 20, arbitrary: of(SELF_MADE) },
  { weight: 10, arbitrary: of(HMAC) },
  { weight: 20, arbitrary: of(ALTERED) },
  { weight: 20, arbitrary: of(Object.keys(ELSEWHERE)) },
  { weight: 3, arbitrary: of(Object.keys(POWERLESS)) },
  { weight: 7, arbitrary: of(['replayed']) },
);

function of(kinds: readonly string[]): fc.Arbitrary<Recipe> {
  return fc.tuple(fc.constantFrom(...kinds), fc.nat(1_000_000), fc.jsonValue());
}

/** So many, in the order of the seed. */
export const forge = async (workshop: Workshop, seed: number, count: number): Promise<readonly Forgery[]> => {
  const thief = generateKeyPairSync('ed25519');
  const made: Forgery[] = [];
  for (const [at, recipe] of fc.sample(recipes, { seed, numRuns: count }).entries())
    made.push(await make(workshop, thief, at, recipe));
  return made;
};

const make = async (
  { used, genuine, publicKey, signer }: Workshop,
  thief: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  at: number,
  [kind, number, value]: Recipe,
): Promise<Forgery> => {
  const say = (statement: unknown): Forgery => ({ kind, argument: { statement } });
  const [head = '', body = '', signature = ''] = genuine.split('.');
  const header = decode(head) as { readonly alg: string; readonly typ: string; readonly kid: string };
  // Each has an ID of its own: none is refused only because it came before.
  const claims = { ...(decode(body) as DecisionStatement), jti: `forged-${at}` };
  const now = Math.floor(Date.now() / 1_000);
  const elsewhere = ELSEWHERE[kind];
  if (elsewhere !== undefined) return say(await signer.sign({ ...claims, ...elsewhere(claims) }));
  const powerless = POWERLESS[kind];
  if (powerless !== undefined) return say(await signer.sign({ ...claims, ...powerless(now) }));
  const sign = (more: object, key: KeyObject | Uint8Array): Promise<string> =>
    new SignJWT({ ...claims }).setProtectedHeader({ ...header, ...more }).sign(key);
  switch (kind) {
    case 'raw JSON':
      return { kind, argument: value };
    case 'raw statement':
      return say(value);
    case 'own key, our kid':
      return say(await sign({}, thief.privateKey));
    case 'own key, own kid':
      return say(await sign({ kid: `own-${number}` }, thief.privateKey));
    case 'own key in the header':
      return say(await sign({ jwk: thief.publicKey.export({ format: 'jwk' }) }, thief.privateKey));
    case 'none':
      return say(new UnsecuredJWT({ ...claims }).encode());
    case 'none, our signature':
      return say([encode({ ...header, alg: 'none' }), encode(claims), signature].join('.'));
    case 'HS256 with the raw public key':
      return say(await sign({ alg: 'HS256' }, base64url.decode(publicKey.x ?? '')));
    case 'HS256 with the PEM public key':
      return say(await sign({ alg: 'HS256' }, Buffer.from(pemOf(publicKey))));
    case 'HS256 with the JWK public key':
      return say(await sign({ alg: 'HS256' }, Buffer.from(JSON.stringify(publicKey))));
    case 'altered claim':
      return say([head, encode({ ...claims, sub: `reviewer-${number}` }), signature].join('.'));
    case 'altered signature':
      return say([head, body, flipped(signature, number)].join('.'));
    case 'altered header':
      return say([encode({ ...header, typ: 'JWT', number }), body, signature].join('.'));
    case 'cut short':
      return say(genuine.slice(0, number % genuine.length));
    case 'two joined':
      return say(`${genuine}.${String(used[0])}.${number}`);
    case 'too long':
      return say(`${genuine}${'A'.repeat(17_000 + (number % 3_000))}`);
    case 'replayed':
      return { ...say(used[number % used.length]), isRepeat: true };
    default:
      throw new Error(`nobody knows how to forge: ${kind}`);
  }
};

const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const pemOf = (jwk: JsonWebKey): string =>
  createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;

/** One bit is another. */
const flipped = (signature: string, number: number): string => {
  const bytes = Buffer.from(signature, 'base64url');
  const at = number % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (number % 8));
  return bytes.toString('base64url');
};
