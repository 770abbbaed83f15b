// The story: one model repository from its first commit to an incident and back, told only through the command line,
// the API and the environment's public address. Returns what the product said on the way; claims.mjs holds that against
// other sources.
import { tellBadVersions } from './story/badVersions.mjs';
import { tellFirstVersion } from './story/firstVersion.mjs';
import { tellProduction } from './story/production.mjs';
import { createScene } from './story/scene.mjs';
import { tellWayBack } from './story/wayBack.mjs';

/**
 * @param {{installation: object, repository: string, approve: (view: object) => Promise<void>}} stage
 */
export const tellStory = async (stage) => {
  const scene = await createScene(stage);
  await tellFirstVersion(scene);
  await tellBadVersions(scene);
  await tellProduction(scene);
  await tellWayBack(scene);
  const { facts } = scene;
  facts.insights = (await scene.slipway(['insights'])).output;
  facts.status = (await scene.slipway(['status'])).output;
  return facts;
};
