import { allowInsecureRequests, discovery, None, type Configuration } from 'openid-client';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { isSecureOrLoopback } from '../../domain/identity/issuer.js';

const TIMEOUT_SECONDS = 10;

/** Of openid-client: what was discovered is of another issuer than was asked. */
const OTHER_ISSUER = 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';

/**
 * What a provider says of itself (OpenID Connect Discovery 1.0), for a public client. Errors: `identity_provider_unreachable`,
 * `issuer_mismatch`
 */
export const discover = async (issuer: string, clientId: string): Promise<Configuration> => {
  const insecure = !issuer.startsWith('https:') && isSecureOrLoopback(issuer);
  try {
    return await discovery(new URL(issuer), clientId, undefined, None(), {
      timeout: TIMEOUT_SECONDS,
      ...(insecure ? { execute: [allowInsecureRequests] } : {}),
    });
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code === OTHER_ISSUER)
      throw new SlipwayError('issuer_mismatch', `what answers at ${issuer} has another issuer`, {}, { cause });
    throw new SlipwayError('identity_provider_unreachable', `${issuer} does not say where to log in`, {}, { cause });
  }
};
