/** environments[].target.kubernetes of slipway.config.yaml: where the API server is, and what Pods are made of. */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { ServingLimits } from '../contract/servingLimits.js';
import { mapping, wholeNumber } from '../contract/yaml/expected.js';
import { filePath, url } from './places.js';

const DNS_NAME = 'a name of Kubernetes: lower-case letters, digits, dashes and dots';
const objectName = z.string({ error: DNS_NAME }).regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, DNS_NAME);
const QUANTITY = 'a quantity of Kubernetes, such as 500m or 2Gi';
const quantity = z.string({ error: QUANTITY }).regex(/^\d+(\.\d+)?(m|[kMGT]|[KMGT]i)?$/, QUANTITY);

/** Where Kubernetes puts the account of a Pod. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export const kubernetes = mapping({
  apiServer: url
    .default('https://kubernetes.default.svc')
    .describe('http only to a proxy on this machine, such as `kubectl proxy`; it is shown no token.'),
  tokenFile: filePath.default(`${ACCOUNT}/token`).describe('Read for every question, so it may be replaced.'),
  caFile: filePath.default(`${ACCOUNT}/ca.crt`),
  namespace: objectName.describe(
    'One for each environment; deploy/kubernetes/rights.yaml says what may be done there.',
  ),
  gateway: mapping({
    name: objectName,
    namespace: objectName.exactOptional(),
    sectionName: objectName.exactOptional().describe('The listener; absent: all of them.'),
  }).describe('The Gateway that requests come through.'),
  hostnames: z.array(objectName).max(16).default([]).describe('That the route answers to; none: all of the Gateway.'),
  url: url.describe('Where callers reach the Gateway.'),
  image: z
    .string()
    .min(1)
    .max(500)
    .describe('Of Slipway: it fetches the artifact, and serves it. Name it by digest: what a tag means can change.'),
  replicas: wholeNumber()
    .min(1)
    .max(1000)
    .exactOptional()
    .describe('Pods of each version; absent: what a HorizontalPodAutoscaler says, or one.'),
  storeSecret: objectName
    .default('slipway-store')
    .describe('Secret of the namespace with SLIPWAY_STORE_ENDPOINT, …_ACCESS_KEY, …_SECRET_KEY and …_BUCKET.'),
  resources: mapping({ cpu: quantity.default('500m'), memory: quantity.default('2Gi') }).prefault({}),
});

export type WrittenKubernetes = z.output<typeof kubernetes>;

export interface KubernetesTarget extends Omit<WrittenKubernetes, 'url' | 'tokenFile' | 'caFile' | 'gateway'> {
  readonly kind: 'kubernetes';
  readonly inferenceUrl: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly gateway: { readonly name: string; readonly namespace?: string; readonly sectionName?: string };
  readonly limits: ServingLimits;
}

/** Files are named relative to the operator's file. */
export const kubernetesTargetOf = (
  { url: inferenceUrl, tokenFile, caFile, ...written }: WrittenKubernetes,
  limits: ServingLimits,
  configFile: string,
): KubernetesTarget => {
  const isSecure = written.apiServer.startsWith('https:');
  const near = (file: string): string => resolve(dirname(configFile), file);
  return {
    ...{ kind: 'kubernetes', ...written, inferenceUrl, limits },
    ...(isSecure ? { tokenFile: near(tokenFile), caFile: near(caFile) } : {}),
  };
};
