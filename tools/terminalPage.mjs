// What a command writes to a terminal, as a page that a browser can take a picture of.
import { spawn } from 'node:child_process';

const COLUMNS = 110;
const COLOURS = {
  31: '#e06c75',
  32: '#98c379',
  33: '#e5c07b',
  34: '#61afef',
  35: '#c678dd',
  36: '#56b6c2',
  90: '#8a93a3',
};

/**
 * Runs a command in a terminal of its own (`script` of util-linux) until it ends, or has written what it is to be seen with.
 *
 * @param {{command: string, env: Record<string, string>, cwd: string, until?: RegExp}} options
 * @returns {Promise<string>} all that it wrote, with its escape sequences
 */
export const inTerminal = ({ command, env, cwd, until }) =>
  new Promise((resolve, reject) => {
    const child = spawn('script', ['-qefc', `stty cols ${COLUMNS} rows 60; ${command}`, '/dev/null'], {
      cwd,
      env: { ...process.env, ...env, TERM: 'xterm-256color', FORCE_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let written = '';
    child.stdout.on('data', (chunk) => {
      written += chunk;
      if (until?.test(written)) child.kill();
    });
    child.once('error', reject);
    child.once('exit', () => resolve(written));
  });

/** @param {readonly {command: string, written: string}[]} parts */
export const terminalPage = (parts) => `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 20px 24px; width: 960px; background: #1b1f27; color: #d7dae0; font: 14px/1.4 "DejaVu Sans Mono", monospace; }
pre { margin: 0 0 14px; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
b { color: #fff; }
</style>${parts.map(({ command, written }) => `<pre><b>$ ${escaped(command)}</b>\n${coloured(written)}</pre>`).join('')}`;

/** Colours, bold and dim; every other sequence moves the cursor, and has no place in a still picture. */
const coloured = (text) => {
  let html = '';
  let open = 0;
  for (const [, code, letter, plain] of text
    .replaceAll('\r', '')
    .matchAll(/\u001b\[([\d;?]*)([A-Za-z])|([^\u001b]+)/g)) {
    if (plain !== undefined) html += escaped(plain);
    else if (letter === 'm')
      for (const one of code.split(';')) {
        const style = COLOURS[one] ? `color:${COLOURS[one]}` : { 1: 'font-weight:700', 2: 'opacity:.65' }[one];
        if (style === undefined) {
          html += '</span>'.repeat(open);
          open = 0;
        } else {
          html += `<span style="${style}">`;
          open += 1;
        }
      }
  }
  return html + '</span>'.repeat(open);
};

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
