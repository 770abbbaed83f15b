type Headers = Readonly<Record<string, string | string[] | undefined>>;

const TAKEN = ['application/json', 'application/octet-stream'];

/**
 * Why an inference of this content type is not taken; undefined where it is. A web page can send text and forms to any
 * address without asking, and a body of no type at all: what it sends carries `Origin`. Triton's client sends no type, and
 * is no browser.
 */
export const refuseMediaType = (headers: Headers): string | undefined => {
  const type = headers['content-type'];
  if (typeof type === 'string' && TAKEN.includes((type.split(';', 1)[0] ?? '').trim().toLowerCase())) return undefined;
  const browser = headers['origin'] !== undefined || headers['sec-fetch-site'] !== undefined;
  if (type === undefined && !browser) return undefined;
  return 'an inference is sent as application/json, or as application/octet-stream where binary tensors follow the JSON';
};
