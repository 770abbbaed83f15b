/** What a path of the Open Inference Protocol v2 asks for. */
export type InferenceRoute =
  | { readonly kind: 'server' }
  | { readonly kind: 'live' }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'model';
      readonly action: 'metadata' | 'ready' | 'infer';
      readonly model: string;
      readonly version?: string;
    };

const MODEL = /^\/v2\/models\/([^/]{1,200})(?:\/versions\/([^/]{1,200}))?(?:\/(ready|infer))?$/;

/** @param path without its query; undefined where the protocol has no such path. */
export const readRoute = (path: string): InferenceRoute | undefined => {
  if (path === '/v2' || path === '/v2/') return { kind: 'server' };
  if (path === '/v2/health/live') return { kind: 'live' };
  if (path === '/v2/health/ready') return { kind: 'ready' };
  const match = MODEL.exec(path);
  if (match === null) return undefined;
  const [, model = '', version, action] = match;
  return {
    kind: 'model',
    action: action === 'ready' || action === 'infer' ? action : 'metadata',
    model,
    ...(version === undefined ? {} : { version }),
  };
};
