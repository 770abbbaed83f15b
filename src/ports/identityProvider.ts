/** What an ID token proved. */
export interface AssertedIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Made from issuer and subject; safe as the name of an identity. */
  readonly name: string;
  readonly label: string;
  /** Only where the provider has verified it. */
  readonly email?: string;
  readonly groups: readonly string[];
  /** When the person was last asked to prove who they are, epoch milliseconds. */
  readonly authenticatedAt: number;
  /** When the provider said so, epoch milliseconds. */
  readonly assertedAt: number;
}

/** Whoever vouches for people. Errors: `id_token_refused`, `identity_provider_unreachable`. */
export interface IdentityProvider {
  /** What an ID token proves that was asked for with this nonce. */
  verify(idToken: string, nonce: string): Promise<AssertedIdentity>;
}
