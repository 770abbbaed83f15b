import { plainText } from '../markdown/plainText.js';
import type { DriftOutcome } from './types.js';

/** Markdown for Temporal's current details: what a drift check measured, or why it did not. */
export const renderMeasurement = (reason: string, outcomes: readonly DriftOutcome[]): string =>
  [
    plainText(reason),
    ...(outcomes.length === 0
      ? []
      : [
          '',
          '| Window | Rows | Verdict | Pages | Report |',
          '|---|---|---|---|---|',
          ...outcomes.map(
            ({ window, rows, verdict, findings, report }) =>
              `| ${day(window.start)} to ${day(window.end)} | ${rows} | ${verdict} | ${findings
                .filter((finding) => finding.pages)
                .map((finding) => `${finding.kind} of ${plainText(finding.subject)}`)
                .join(', ')} | \`${report.slice(7, 19)}\` |`,
          ),
        ]),
  ].join('\n');

const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
