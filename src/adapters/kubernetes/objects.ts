import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ApiAnswer, AskApiServer } from './apiServer.js';

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly object[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
}

/** Who wrote which field: by this name the API server keeps ours apart from those of others. */
export const FIELD_MANAGER = 'slipway';

/** The objects of one kind in one namespace. */
export interface Objects<T extends KubernetesObject> {
  get(name: string): Promise<T | undefined>;
  list(labels: Readonly<Record<string, string>>): Promise<readonly T[]>;
  /** Undefined: it is there already. */
  create(object: T): Promise<T | undefined>;
  /**
   * Server-side apply: our fields as given, those of others as they are. With a `resourceVersion` only that version is changed;
   * undefined: it is another one by now. A field that the cluster does not know, such as the fraction of a mirror, is refused, and
   * not left out.
   */
  apply(object: T, manager?: string): Promise<T | undefined>;
  /** Removes exactly what was read; false: it has been changed or replaced since, and stays. */
  remove(object: T): Promise<boolean>;
  /** What the server of a Pod answers to GET, asked through the API server; undefined where it answers no 200. */
  asked(name: string, path: string, timeoutMs: number): Promise<unknown>;
}

export const createObjects = <T extends KubernetesObject>(ask: AskApiServer, collection: string): Objects<T> => {
  const at = (name: string): string => `${collection}/${encodeURIComponent(name)}`;
  return {
    get: async (name) => {
      const answer = await ask({ path: at(name) });
      return answer.status === 404 && !isMissingKind(answer) ? undefined : (bodyOf(answer) as T);
    },
    list: async (labels) => {
      const selector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      const answer = await ask({ path: `${collection}?labelSelector=${encodeURIComponent(selector)}` });
      return (bodyOf(answer) as { readonly items: readonly T[] }).items;
    },
    create: async (body) => {
      const answer = await ask({ method: 'POST', path: `${collection}?fieldManager=${FIELD_MANAGER}`, body });
      return answer.status === 409 ? undefined : (bodyOf(answer) as T);
    },
    apply: async (body, manager = FIELD_MANAGER) => {
      const path = `${at(body.metadata.name)}?fieldManager=${manager}&force=true`;
      const answer = await ask({ method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml' });
      return answer.status === 409 ? undefined : (bodyOf(answer) as T);
    },
    remove: async ({ metadata: { name, uid, resourceVersion } }) => {
      const body = { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } };
      const answer = await ask({ method: 'DELETE', path: at(name), body });
      if (answer.status === 409) return false;
      if (answer.status !== 404) bodyOf(answer);
      return true;
    },
    asked: async (name, path, timeoutMs) => {
      const answer = await ask({ path: `${at(name)}/proxy${path}`, timeoutMs }).catch((error: unknown) => {
        if (error instanceof SlipwayError && error.code === 'target_unreachable') return undefined;
        throw error;
      });
      // What the Pod refuses is its own answer; what the API server refuses is a right that we lack.
      if (answer !== undefined && isStatus(answer.body) && answer.body.reason === 'Forbidden') bodyOf(answer);
      return answer?.status === 200 ? answer.body : undefined;
    },
  };
};

interface Status {
  readonly kind: 'Status';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: object;
}

const isStatus = (body: unknown): body is Status =>
  typeof body === 'object' && body !== null && (body as { kind?: unknown }).kind === 'Status';

/** Not the object is unknown, but its kind: nobody installed the definitions of the Gateway API. */
const isMissingKind = ({ body }: ApiAnswer): boolean => !isStatus(body) || body.details === undefined;

const bodyOf = ({ status, body }: ApiAnswer): unknown => {
  if (status >= 200 && status < 300 && body !== undefined) return body;
  const why = isStatus(body) && body.message !== undefined ? body.message : `it answered ${status}`;
  const refused = status >= 400 && status < 500 && status !== 429 && status !== 408;
  throw new SlipwayError(refused ? 'target_refused' : 'target_unreachable', `the API server of Kubernetes: ${why}`);
};
