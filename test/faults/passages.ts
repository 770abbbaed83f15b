/** What passes through a rollout while processes die: a version up to its approval, callers of production, and who is killed. */
import type { Digest } from '../../src/domain/artifact/types.js';
import { ferries, OPENING } from '../fixtures/incidents/world.js';
import { FERRIES, ferrySpec } from '../fixtures/product.js';
import { childrenOf } from '../fixtures/processes.js';
import { commandsOf } from './observe.js';
import { startPatientCallers, type PatientCallers } from './patientCallers.js';
import { GUARDED, type FaultScene } from './scene.js';

export interface Passage {
  readonly release: string;
  readonly champion: Digest;
  readonly candidate: Digest;
  /** Commands that production's node had carried out before. */
  readonly commands: number;
}

export const NOBODY: Digest = `sha256:${'0'.repeat(64)}`;

export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** The guarded spec with steps that are held so long, each replacement beside it. */
export const heldFor = (hold: string, more: Readonly<Record<string, string>> = {}): string =>
  ferrySpec(
    Object.fromEntries(
      Object.entries(GUARDED).map(([from, to]) => {
        let text = to.replace('hold: 300ms', `hold: ${hold}`).replace('hold: 0s', `hold: ${hold}`);
        for (const [before, after] of Object.entries(more)) text = text.replace(before, after);
        return [from, text];
      }),
    ),
  );

/** Four callers, each some eighty times a second, who begin before there is anything to ask and wait for it. */
export const callProduction = ({ product }: FaultScene): PatientCallers =>
  startPatientCallers({
    url: product.servingUrl('production'),
    model: FERRIES,
    bodies: ferries(OPENING, 7, 100, 'usual').map(({ wind, load, eventTime }) => {
      const tensor = (name: string, value: number) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] });
      return JSON.stringify({
        parameters: { event_time: eventTime },
        inputs: [tensor('wind', wind), tensor('load', load)],
      });
    }),
    callers: 4,
    everyMs: 10,
  });

/** A new version up to its approval; answers what is about to pass. */
export const approvePassage = async (
  scene: FaultScene,
  callers: PatientCallers,
  champion: Digest,
  spec: string,
): Promise<Passage> => {
  const { product } = scene;
  const release = scene.commit({ 'slipway.yaml': spec });
  const { waiting } = await product.untilRelease(release, (view) => view.waiting !== undefined);
  const candidate = waiting!.subject.artifactDigest;
  const commands = commandsOf(product, 'production').length;
  callers.expect(hexOf(champion), hexOf(candidate));
  await scene.approve(release);
  return { release, champion, candidate, commands };
};

export const killWorkers = ({ product }: FaultScene): Promise<unknown> =>
  Promise.all(['worker-control', 'worker-1'].map((worker) => product.kill9(worker)));

/** Process of a version's model server; undefined: there is none just now. */
export const serverOf = async ({ product }: FaultScene, digest: Digest): Promise<number | undefined> => {
  const servers = await childrenOf(product.pidOf('serving-production'));
  return servers.find(({ variables }) => variables['SLIPWAY_ARTIFACT']?.endsWith(hexOf(digest)))?.pid;
};

/** The first of these whose server is there: at the end of a passage the champion's may be gone. */
export const killServer = async (scene: FaultScene, ...wanted: readonly Digest[]): Promise<void> => {
  for (;;) {
    for (const digest of wanted) {
      const pid = await serverOf(scene, digest);
      if (pid !== undefined) return void process.kill(pid, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
