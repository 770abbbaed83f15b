/** Which trace a request is part of (https://www.w3.org/TR/trace-context/#traceparent-header). */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Two hex digits: whether the caller keeps it. */
  readonly flags: string;
}

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined where there is none, or one that the standard says to ignore. */
export const readTraceparent = (header: string | undefined): TraceContext | undefined => {
  const match = header === undefined ? null : HEADER.exec(header);
  if (match === null) return undefined;
  const [, version = '', traceId = '', parentId = '', flags = '', more] = match;
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  // A later version may say more after the flags, this one may not.
  return version === '00' && more !== undefined ? undefined : { traceId, flags };
};

/** The header of our own part of a trace. */
export const traceparentOf = ({ traceId, flags }: TraceContext, spanId: string): string =>
  `00-${traceId}-${spanId}-${flags}`;
