import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What opens an address with the browser of the person, per platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens an address with the person's browser, which goes on without the command; false where none could be started. */
export const inBrowser = async (url: string): Promise<boolean> => {
  const [command, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  return once(child, 'spawn').then(
    () => {
      child.unref();
      return true;
    },
    () => false,
  );
};
