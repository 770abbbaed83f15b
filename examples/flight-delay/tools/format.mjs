// Checks what a formatter would: no tabs, no trailing spaces, one final newline, no line above 160 characters, and
// that every file parses. Prints each mistake with its place.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const files = readdirSync('.', { recursive: true, encoding: 'utf8' }).filter(
  (path) =>
    /\.(mjs|yaml|json)$/.test(path) && !/(^|[/\\])(node_modules|build|reports)([/\\]|$)|package-lock/.test(path),
);
const mistakes = files.flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  const found = text.split('\n').flatMap((line, index) => {
    if (/\t/.test(line)) return [`${path}:${index + 1} has a tab`];
    if (/\s$/.test(line)) return [`${path}:${index + 1} ends with a space`];
    return line.length > 160 ? [`${path}:${index + 1} is ${line.length} characters long`] : [];
  });
  return text.endsWith('\n') && !text.endsWith('\n\n') ? found : [...found, `${path} must end with one newline`];
});
for (const path of files.filter((file) => file.endsWith('.mjs'))) {
  try {
    execFileSync(process.execPath, ['--check', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    mistakes.push(`${path} does not parse: ${String(error.stderr).split('\n').slice(0, 5).join(' ')}`);
  }
}
for (const mistake of mistakes) console.error(mistake);
console.log(`${files.length} files, ${mistakes.length} mistakes`);
process.exit(mistakes.length === 0 ? 0 : 1);
