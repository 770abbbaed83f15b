/** Text that came from anywhere, as HTML text or attribute value. */
export const escapeHtml = (text: unknown): string =>
  String(text ?? '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');

/** A table with a caption and a header row; cells are escaped unless they are `Html`. */
export interface Html {
  readonly html: string;
}

export type Cell = string | number | undefined | Html;

const cell = (value: Cell): string => (typeof value === 'object' ? value.html : escapeHtml(value ?? ''));

/** A last column of sentences keeps room for them; one of numbers and words needs none. */
const SENTENCE = 20;
const sayMuch = (rows: readonly (readonly Cell[])[]): boolean =>
  rows.some((row) => {
    const last = row.at(-1);
    return typeof last === 'string' && last.length > SENTENCE;
  });

export const table = (caption: string, header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  rows.length === 0
    ? ''
    : `<div class="scroll"><table${sayMuch(rows) ? ' class="told"' : ''}><caption>${escapeHtml(caption)}</caption><thead><tr>${header
        .map((name) => `<th scope="col">${escapeHtml(name)}</th>`)
        .join(
          '',
        )}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((value) => `<td>${cell(value)}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;

/** A verdict in words and colour; colour is never the only sign. */
export const verdictMark = (verdict: string | undefined): Html => ({
  html: `<span class="mark ${MARKS[verdict ?? ''] ?? 'plain'}">${escapeHtml(verdict ?? 'none')}</span>`,
});

const MARKS: Readonly<Record<string, string>> = {
  pass: 'good',
  passed: 'good',
  promoted: 'good',
  fail: 'bad',
  failed: 'bad',
  blocked: 'bad',
  rejected: 'bad',
  rolled_back: 'bad',
  error: 'bad',
  insufficient_data: 'open',
  inconclusive: 'open',
  flaky: 'open',
};

export const number = (value: unknown): string =>
  typeof value === 'number' && Number.isFinite(value)
    ? Number.isInteger(value)
      ? String(value)
      : value.toPrecision(4)
    : '';

/** A whole page that opens without a network: style inside, no script. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>
`;

const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--back:#fff;--good:#116329;--bad:#a40e26;--open:#7d4e00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b1;--line:#3d444d;--back:#0d1117;--good:#56d364;--bad:#ff7b72;--open:#e3b341}}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}main{max-width:72rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{margin:.25rem 0;overflow-wrap:anywhere}.soft{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top;overflow-wrap:break-word}.told td:last-child{overflow-wrap:anywhere;min-width:14rem}th{white-space:nowrap}
.mark{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}code{font:.88em ui-monospace,monospace;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}svg text{fill:var(--soft)}`;
