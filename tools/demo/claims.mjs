// What the demo claims, each held against another source than the code that made it. A claim reads the product's word
// (`facts`) and the world (`sources`), and throws where they differ. `spoil` alters the product's word: a claim that does
// not notice is no claim, and the demo fails.
import { DELIVERY_CLAIMS } from './claims/delivery.mjs';
import { PRODUCTION_CLAIMS } from './claims/production.mjs';
import { RECORD_CLAIMS } from './claims/record.mjs';
import { RELEASE_CLAIMS } from './claims/release.mjs';

export const CLAIMS = [...RELEASE_CLAIMS, ...DELIVERY_CLAIMS, ...PRODUCTION_CLAIMS, ...RECORD_CLAIMS];

/**
 * Every claim against its source, and again with the product's word spoiled: the story holds where every claim does,
 * and every one notices.
 * @returns {Promise<{ok: boolean, results: {name: string, source: string, ok: boolean, detail: string}[], blind: string[]}>}
 */
export const verifyStory = async (facts, sources) => {
  const results = await judgeStory(facts, sources);
  const blind = [];
  for (const claim of CLAIMS) if ((await judge(claim, claim.spoil(facts), sources)).ok) blind.push(claim.name);
  return { ok: blind.length === 0 && results.every((one) => one.ok), results, blind };
};

/** Every claim against its source. */
export const judgeStory = async (facts, sources) => {
  const results = [];
  for (const claim of CLAIMS)
    results.push({ name: claim.name, source: claim.source, ...(await judge(claim, facts, sources)) });
  return results;
};

const judge = async (claim, facts, sources) => {
  try {
    return { ok: true, detail: String(await claim.check(facts, sources)) };
  } catch (error) {
    return { ok: false, detail: (error instanceof Error ? error.message : String(error)).split('\n')[0] };
  }
};
