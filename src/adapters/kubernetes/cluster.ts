import type { Autoscaler } from './autoscaler.js';
import { createApiServer, type ApiServerOptions } from './apiServer.js';
import type { Deployment, Service } from './manifests.js';
import { createObjects, type Objects } from './objects.js';
import type { HttpRoute } from './route.js';
import type { Pod } from './versions.js';

/** What Slipway knows of a cluster: five kinds, in one namespace. */
export interface Cluster {
  readonly routes: Objects<HttpRoute>;
  readonly deployments: Objects<Deployment>;
  readonly services: Objects<Service>;
  readonly pods: Objects<Pod>;
  readonly autoscalers: Objects<Autoscaler>;
}

export const openCluster = (options: ApiServerOptions & { readonly namespace: string }): Cluster => {
  const ask = createApiServer(options);
  const here = (group: string, kind: string): string => `${group}/namespaces/${options.namespace}/${kind}`;
  return {
    routes: createObjects(ask, here('/apis/gateway.networking.k8s.io/v1', 'httproutes')),
    deployments: createObjects(ask, here('/apis/apps/v1', 'deployments')),
    services: createObjects(ask, here('/api/v1', 'services')),
    pods: createObjects(ask, here('/api/v1', 'pods')),
    autoscalers: createObjects(ask, here('/apis/autoscaling/v2', 'horizontalpodautoscalers')),
  };
};
