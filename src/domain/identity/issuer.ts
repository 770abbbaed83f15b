/**
 * May secrets travel to this address? By https anywhere; by plain http only where they do not leave the machine.
 *
 * @example isSecureOrLoopback('http://127.0.0.1:3000') // true
 */
export const isSecureOrLoopback = (address: string): boolean =>
  /^https:\/\//i.test(address) || /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?(?:\/|$)/i.test(address);
