// Waiting for what the API says, with a deadline on each wait.
import { setTimeout as delay } from 'node:timers/promises';

export const until = async (what, look, { withinMs = 180_000, everyMs = 300, note = () => undefined } = {}) => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen in ${withinMs / 1000} s`);
    note(what);
    await delay(everyMs);
  }
};

/** The release of a commit, as soon as there is one. */
export const releaseOf = async (installation, commit) => {
  const { output } = await installation.slipway(['release', 'list', '--limit', '50']);
  return output.releases.find((release) => release.commit === commit);
};

export const showRelease = async (installation, name) => (await installation.slipway(['release', 'show', name])).output;

const describe = (view) => {
  const stage = view.stages.find((one) => one.status === 'running' || one.status === 'waiting');
  return stage === undefined
    ? 'starting'
    : `${stage.name}${stage.environment === undefined ? '' : ` in ${stage.environment}`}`;
};

/** Until the release waits for people or has ended. */
export const untilDecided = (installation, name, note) =>
  until(
    `${name} to wait for people or end`,
    async () => {
      const view = await showRelease(installation, name);
      note?.(describe(view));
      return view.outcome !== undefined || view.waiting !== undefined ? view : undefined;
    },
    { withinMs: 400_000 },
  );

export const untilEnded = (installation, name, note) =>
  until(
    `${name} to end`,
    async () => {
      const view = await showRelease(installation, name);
      note?.(describe(view));
      return view.outcome === undefined ? undefined : view;
    },
    { withinMs: 400_000 },
  );
