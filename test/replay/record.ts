/** Records the stories that have no history yet: `node dist/test/replay/record.js`. What is there is never touched. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { everybodyAnswers } from '../workflows/incidentCast.js';
import { openScene, type Scene } from '../workflows/scene.js';
import { STORIES } from './stories.js';

// Run from dist/: the sources are two levels up and back down again.
const file = (name: string): string =>
  fileURLToPath(new URL(`../../../test/replay/histories/${name}.json`, import.meta.url));

mkdirSync(fileURLToPath(new URL('../../../test/replay/histories/', import.meta.url)), { recursive: true });
for (const [name, story] of Object.entries(STORIES)) {
  if (existsSync(file(name))) continue;
  const scene: Scene = await openScene(everybodyAnswers(() => scene));
  try {
    const history = await (await story(scene)).fetchHistory();
    // Who ran it, as `process@host`, is nobody's business.
    const text = historyToJSON(history).replaceAll(/"\d+@[^"]*"/g, '"recorded"');
    writeFileSync(file(name), `${text}\n`);
    console.error(`recorded ${name}: ${history.events?.length ?? 0} events`);
  } finally {
    await scene.end();
  }
}
