/**
 * What the nonce of a log-in is the SHA-256 of, in base64url. The origin at which somebody logs in is part of it, so what was
 * shown to one API opens nothing at another.
 *
 * @param origin scheme, host and port of the API (RFC 6454), as it is known to the world
 * @example boundSecret('https://slipway.example.com', 's') // '["https://slipway.example.com","s"]'
 */
export const boundSecret = (origin: string, secret: string): string => JSON.stringify([origin, secret]);
