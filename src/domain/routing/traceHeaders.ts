/** W3C Trace Context: version, trace, parent, flags; ID 0 names nothing, and version ff is forbidden. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{1,200})?$/;
const MAX_STATE = 512;

/** What of a caller's trace is passed on: a parent that is none is dropped, and its state with it. */
export const traceHeaders = (
  traceparent: string | undefined,
  tracestate: string | undefined,
): Readonly<Record<string, string>> => {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  return tracestate === undefined || tracestate === '' || tracestate.length > MAX_STATE
    ? { traceparent }
    : { traceparent, tracestate };
};
