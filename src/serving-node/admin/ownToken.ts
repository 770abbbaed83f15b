import { createHash, timingSafeEqual } from 'node:crypto';

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an `Authorization` header shows the token; takes as long for every other text. */
export const showsToken = (token: string, authorization: string | undefined): boolean =>
  timingSafeEqual(hash(`Bearer ${token}`), hash(authorization ?? ''));
