import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Processor seconds of a process and all of its children so far; NaN where there is no /proc. */
export const processSeconds = (pid) => {
  const all = new Map();
  try {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const stat = readStat(name);
      if (stat !== undefined) all.set(Number(name), stat);
    }
  } catch {
    return Number.NaN;
  }
  const own = (id) =>
    (all.get(id)?.ticks ?? 0) +
    [...all].filter(([, { parent }]) => parent === id).reduce((sum, [child]) => sum + own(child), 0);
  return own(pid) / TICKS_PER_SECOND;
};

/** Fields after the name, which may have spaces in it. */
const readStat = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
};
