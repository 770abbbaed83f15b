import { digestOf } from '../contract/canonicalDigest.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ApiClient } from './apiClient.js';
import type { Cli } from './context.js';
import { reportLink } from './openReport.js';
import { renderEvidence } from './renderEvidence.js';
import type { ShownRelease } from './renderRelease.js';

/**
 * What a person decides from, on one screen. What is shown is what would be signed, by its digest, or nothing is shown.
 *
 * @returns digest of the evidence that was shown, for the API to sign nothing else
 */
export const showEvidence = async (cli: Cli, api: ApiClient, name: string): Promise<string> => {
  const path = `/api/v1/releases/${name}`;
  const view = await api.get<ShownRelease>(path);
  const evidence = await api.get<Record<string, unknown>>(`${path}/evidence`);
  const digest = digestOf(evidence);
  const signed = view.waiting?.subject.evidenceDigest;
  if (signed !== undefined && digest !== signed)
    throw new SlipwayError('evidence_not_shown', `${api.url} shows ${digest}, and ${name} waits with ${signed}`);
  const { url } = await reportLink(api, `${path}/report`);
  cli.out.note(renderEvidence(view, evidence, url));
  return digest;
};
