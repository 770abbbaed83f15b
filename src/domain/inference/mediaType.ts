type Headers = Readonly<Record<string, string | string[] | undefined>>;

const TAKEN = ['application/json', 'application/octet-stream'];
/** What curl says of whatever it is given with `-d`. */
const CURL = 'application/x-www-form-urlencoded';

/**
 * Why an inference of this content type is not taken; undefined where it is. A web page can send text and forms to any
 * address without asking, and a body of no type at all: what it sends carries `Origin`. Triton's client sends no type, curl
 * that of a form, and neither is a browser.
 */
export const refuseMediaType = (headers: Headers): string | undefined => {
  const type = headers['content-type'];
  const named = typeof type === 'string' ? (type.split(';', 1)[0] ?? '').trim().toLowerCase() : undefined;
  if (named !== undefined && TAKEN.includes(named)) return undefined;
  const browser = headers['origin'] !== undefined || headers['sec-fetch-site'] !== undefined;
  if ((named === undefined || named === CURL) && !browser) return undefined;
  const came = named === undefined ? 'without a content type' : `as ${JSON.stringify(named.slice(0, 100))}`;
  return `an inference is sent as application/json, or as application/octet-stream where binary tensors follow the JSON; this one came ${came}`;
};
