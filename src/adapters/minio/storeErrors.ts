import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** What the store answered, or undefined fields where no answer came. */
export interface StoreAnswer {
  readonly status: number;
  /** S3's error code, where the answer had one. */
  readonly code: string;
  readonly message: string;
}

const FULL = new Set(['XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded']);
const DAMAGED = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'InvalidDigest',
  'IncompleteBody',
]);

/** Reads `<Error><Code>…</Code><Message>…</Message></Error>`; S3 answers some failed completions with status 200 and this body. */
export const parseAnswer = (status: number, body: string): StoreAnswer => ({
  status,
  code: /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? '',
  message: /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '',
});

/** An answer that is no success, in the words of the error table. */
export const answerError = (what: string, answer: StoreAnswer): SlipwayError => {
  const detail = `${what}: the store answered ${answer.status}${answer.code === '' ? '' : ` ${answer.code}`}`;
  const details = { status: answer.status, storeCode: answer.code };
  if (answer.status === 507 || FULL.has(answer.code) || /no space left/i.test(answer.message))
    return new SlipwayError('store_full', detail, details);
  if (DAMAGED.has(answer.code))
    return new SlipwayError('digest_mismatch', `${detail}: the bytes changed on their way`, details);
  if (answer.code === 'NoSuchBucket')
    return new SlipwayError('store_unreachable', `${detail}: the bucket does not exist`, details);
  if (answer.status === 404) return new SlipwayError('not_found', detail, details);
  if (answer.status === 412 || answer.status === 409) return new SlipwayError('precondition_failed', detail, details);
  if (answer.status === 401 || answer.status === 403)
    return new SlipwayError('store_unreachable', `${detail}: it refuses the credentials`, details);
  return new SlipwayError(
    'store_unreachable',
    `${detail}${answer.message === '' ? '' : `, ${answer.message}`}`,
    details,
  );
};

/** No answer at all: refused, reset, cut off, timed out. */
export const connectionError = (what: string, endpoint: string, cause: unknown): SlipwayError => {
  const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
  return new SlipwayError(
    'store_unreachable',
    `${what}: no answer from the store at ${endpoint} (${reason})`,
    { reason },
    { cause },
  );
};

/** Could the same request succeed in a moment? A full store, a missing bucket or wrong credentials will not heal that soon. */
export const isTransient = (error: unknown): boolean => {
  if (!(error instanceof SlipwayError)) return false;
  const { status, storeCode } = error.details as { status?: number; storeCode?: string };
  if (error.code === 'digest_mismatch' || storeCode === 'ConditionalRequestConflict') return true;
  return (
    error.code === 'store_unreachable' && (status === undefined || status >= 500 || status === 429 || status === 408)
  );
};

/** Errors of the minio client (control calls), which carry S3's code as `code`. */
export const clientError = (what: string, endpoint: string, error: unknown): SlipwayError => {
  if (error instanceof SlipwayError) return error;
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  if (name !== 'S3Error' || typeof code !== 'string') return connectionError(what, endpoint, error);
  const status = code === 'NoSuchKey' || code === 'NotFound' ? 404 : code === 'AccessDenied' ? 403 : 500;
  return answerError(what, { status, code, message: message ?? '' });
};

/** Errors of the local disk while a blob is read or written there. */
export const diskError = (what: string, error: unknown): unknown => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new SlipwayError('disk_full', `${what}: the disk has no room`, {}, { cause: error })
    : error;
};
