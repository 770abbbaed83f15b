// What this platform was told. Each command is written down before it is carried out, under its own (epoch, seq): whatever
// dies in between, the fence that the node names says which of them stands.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} folder */
export const openTaken = (folder) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = ({ epoch, seq }) => join(folder, `${epoch}.${seq}.json`);
  return {
    read: (fence) => {
      try {
        return JSON.parse(readFileSync(fileOf(fence), 'utf8'));
      } catch {
        return undefined;
      }
    },
    write: (command) => {
      const file = fileOf(command.fence);
      const beside = `${file}.${process.pid}`;
      writeFileSync(beside, JSON.stringify(command), { mode: 0o600 });
      renameSync(beside, file);
    },
    forget: (fence) => rmSync(fileOf(fence), { force: true }),
    keepOnly: ({ epoch, seq }) => {
      for (const name of readdirSync(folder)) {
        const [olderEpoch, olderSeq] = name.split('.').map(Number);
        if (olderEpoch < epoch || (olderEpoch === epoch && olderSeq < seq)) rmSync(join(folder, name), { force: true });
      }
    },
  };
};
