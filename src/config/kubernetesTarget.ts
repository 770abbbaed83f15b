/** environments[].target.kubernetes and .kserve of slipway.config.yaml: where the API server is, and what Pods are made of. */
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

/** What both ways have. */
const cluster = {
  apiServer: url
    .default('https://kubernetes.default.svc')
    .describe('http only to a proxy on this machine, such as `kubectl proxy`; it is shown no token.'),
  tokenFile: filePath.default(`${ACCOUNT}/token`).describe('Read for every question, so it may be replaced.'),
  caFile: filePath.default(`${ACCOUNT}/ca.crt`),
  namespace: objectName.describe('One for each environment; deploy/kubernetes/ says what may be done there.'),
  image: z
    .string()
    .min(1)
    .max(500)
    .describe('Of Slipway: it fetches the artifact, and serves it. Name it by digest: what a tag means can change.'),
  storeSecret: objectName
    .default('slipway-store')
    .describe('Secret of the namespace with SLIPWAY_STORE_ENDPOINT, …_ACCESS_KEY, …_SECRET_KEY and …_BUCKET.'),
  resources: mapping({ cpu: quantity.default('500m'), memory: quantity.default('2Gi') }).prefault({}),
};

const podCount = wholeNumber().min(1).max(1000);

export const kubernetes = mapping({
  ...cluster,
  gateway: mapping({
    name: objectName,
    namespace: objectName.exactOptional(),
    sectionName: objectName.exactOptional().describe('The listener; absent: all of them.'),
  }).describe('The Gateway that requests come through.'),
  hostnames: z.array(objectName).max(16).default([]).describe('That the route answers to; none: all of the Gateway.'),
  url: url.describe('Where callers reach the Gateway.'),
  replicas: podCount.exactOptional().describe('Pods of each version; absent: what an autoscaler says, or one.'),
  autoscale: mapping({
    min: podCount,
    max: podCount,
    cpu: wholeNumber().min(1).max(1000).default(70).describe('Percent of resources.cpu, on average.'),
  })
    .exactOptional()
    .describe('A HorizontalPodAutoscaler for each version, in place of `replicas`.'),
});

export const kserve = mapping({
  ...cluster,
  url: url.exactOptional().describe('Where callers reach every model; absent: where KServe says for each.'),
  replicas: wholeNumber()
    .min(0)
    .max(1000)
    .exactOptional()
    .describe('minReplicas of what has traffic; 0: none where nobody asks. Absent: what KServe does by itself, one.'),
});

export type WrittenKubernetes = z.output<typeof kubernetes>;
export type WrittenKserve = z.output<typeof kserve>;

/** Files that there are only where something is encrypted. */
interface Credentials {
  readonly tokenFile?: string;
  readonly caFile?: string;
}

export interface KubernetesTarget
  extends Omit<WrittenKubernetes, 'url' | 'tokenFile' | 'caFile' | 'gateway'>, Credentials {
  readonly kind: 'kubernetes';
  readonly inferenceUrl: string;
  readonly gateway: { readonly name: string; readonly namespace?: string; readonly sectionName?: string };
  readonly limits: ServingLimits;
}

export interface KserveTarget extends Omit<WrittenKserve, 'url' | 'tokenFile' | 'caFile'>, Credentials {
  readonly kind: 'kserve';
  readonly inferenceUrl?: string;
  readonly limits: ServingLimits;
}

export const kubernetesTargetOf = (
  { url: inferenceUrl, tokenFile, caFile, ...written }: WrittenKubernetes,
  limits: ServingLimits,
  configFile: string,
): KubernetesTarget => ({
  ...{ kind: 'kubernetes', ...written, inferenceUrl, limits },
  ...credentialsOf(written.apiServer, { tokenFile, caFile }, configFile),
});

export const kserveTargetOf = (
  { url: inferenceUrl, tokenFile, caFile, ...written }: WrittenKserve,
  limits: ServingLimits,
  configFile: string,
): KserveTarget => ({
  ...{ kind: 'kserve', ...written, limits },
  ...(inferenceUrl === undefined ? {} : { inferenceUrl }),
  ...credentialsOf(written.apiServer, { tokenFile, caFile }, configFile),
});

/** Files are named relative to the operator's file. */
const credentialsOf = (
  apiServer: string,
  { tokenFile, caFile }: Required<Credentials>,
  configFile: string,
): Credentials => {
  const near = (file: string): string => resolve(dirname(configFile), file);
  return apiServer.startsWith('https:') ? { tokenFile: near(tokenFile), caFile: near(caFile) } : {};
};
