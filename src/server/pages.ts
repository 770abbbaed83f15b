/** Pages for people who come with a browser and no token: they say how a report is opened. */
import { escapeHtml, page } from '../domain/report/html.js';

const command = (words: string): string => `<p><code>slipway ${escapeHtml(words)}</code></p>`;

export const welcomePage = (): string =>
  page(
    'Slipway',
    `<h1>Slipway</h1>
<p>This is the API. It is used by the command line, where the credentials are:</p>
${command('status')}
<p>A report opens in the browser by a link that holds for an hour:</p>
${command('release report latest --open')}
${command('drift report <model> <environment> --open')}
<p class="soft">Its routes are described at /api/v1/openapi.json.</p>`,
  );

/** What a browser gets in the place of a report that it may not read, such as from the status of a commit. */
export const closedPage = (path: string, reason: string): string =>
  page(
    'Slipway: a report',
    `<h1>This report needs a token</h1>
<p>${escapeHtml(reason)}. Where the command line has credentials of this installation, this opens it:</p>
${command(commandFor(path))}`,
  );

/** Names come from the address: only what could be a name is repeated as a command. */
const commandFor = (path: string): string => {
  const [, model, release] = /^\/api\/v1\/releases\/([a-z0-9-]+)\/([0-9a-f.]+)\/report$/.exec(path) ?? [];
  if (model !== undefined) return `release report ${model}/${release} --open`;
  const [, of, environment, report] =
    /^\/api\/v1\/models\/([a-z0-9-]+)\/environments\/([a-z0-9-]+)\/drift\/reports\/([a-z0-9:]+)$/.exec(path) ?? [];
  if (of === undefined) return 'release report latest --open';
  return `drift report ${of} ${environment}${report === 'latest' ? '' : ` --digest ${report}`} --open`;
};
