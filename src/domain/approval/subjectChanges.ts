import { canonicalJson } from '../canonical.js';
import type { ApprovalSubject } from './types.js';

/** More are counted, not listed. */
const MAX_LINES = 20;
const MAX_VALUE = 80;

/**
 * What is decided on now, beside what was decided on before, in words and field by field; empty where nothing changed.
 *
 * @param evidence both contents of `evidence.json`, where they are known
 */
export const subjectChanges = (
  before: ApprovalSubject,
  after: ApprovalSubject,
  evidence?: { readonly before: unknown; readonly after: unknown },
): readonly string[] => [
  ...(before.epoch === after.epoch ? [] : [`${after.env} went from epoch ${before.epoch} to ${after.epoch}`]),
  ...(before.artifactDigest === after.artifactDigest ? [] : ['the artifact is another']),
  ...(before.policyDigest === after.policyDigest ? [] : ['who must approve is another rule']),
  ...(before.planDigest === after.planDigest ? [] : ['how the version would come in is another plan']),
  ...(before.inputsDigest === after.inputsDigest ? [] : ['what is asked of those who approve is another']),
  ...(before.evidenceDigest === after.evidenceDigest ? [] : evidenceLines(evidence)),
];

const evidenceLines = (evidence: { readonly before: unknown; readonly after: unknown } | undefined) => {
  const lines = evidence === undefined ? [] : differences('', evidence.before, evidence.after);
  if (lines.length === 0) return ['the evidence is another'];
  const rest = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`and ${rest} more differences in the evidence`] : [])];
};

const differences = (path: string, before: unknown, after: unknown): readonly string[] => {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => differences(path === '' ? key : `${path}.${key}`, before[key], after[key]));
  }
  const [was, is] = [said(before), said(after)];
  return was === is ? [] : [`${path} was ${shortened(was)}, is ${shortened(is)}`];
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const said = (value: unknown): string =>
  value === undefined || value === null ? 'nothing' : typeof value === 'string' ? value : canonicalJson(value);

const shortened = (text: string): string => (text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`);
