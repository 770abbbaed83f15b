import { isCancellation, log, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { NOT_MONITORED } from '../../src/domain/incident/notMonitored.js';
import { GLASS_INCIDENT, whereItWaits } from '../../src/domain/urgency/breakGlass.js';
import type { BreakGlassNotice, GlassLook } from '../../src/domain/urgency/glassNotice.js';
import { failureText } from '../failureText.js';
import { breakGlassSignal } from '../messages.js';
import { control } from '../retry.js';
import { incidentStart } from '../starts.js';

const { openBreakGlass } = proxyActivities<Activities>(control);

/** Waits that end where two people broke the glass; what holds a release back looks for itself. */
type Wait = 'approve' | 'soak';

export interface BrokenGlass {
  /** Did two people end this wait, which has not noticed yet? */
  isOpen(wait: Wait, environment: string): boolean;
  /** The same, and the wait goes on. */
  take(wait: Wait, environment: string): BreakGlassNotice | undefined;
}

/** Who signed stands in the ledger: an activity looks there, and one looks at a time however often it is asked. */
export const openGlass = (
  view: () => ReleaseView,
  show: (change: Partial<ReleaseView>) => void,
  owners: () => readonly string[],
): BrokenGlass => {
  let ended: { readonly wait: string; readonly notice: BreakGlassNotice } | undefined;
  let looking = false;
  let again = false;

  const tell = (environment: string, state: GlassLook['state'], reason = ''): void =>
    show({ glassLook: { environment, at: Date.now(), state, reason } });
  const look = async (): Promise<void> => {
    const { releaseId, model, commit, artifactDigest } = view();
    const waits = whereItWaits(view());
    if (waits === undefined || artifactDigest === undefined) return;
    const { environment, stage } = waits;
    tell(environment, 'looks');
    const found = await openBreakGlass.executeWithOptions({ summary: `who broke the glass for ${environment}?` }, [
      {
        ...{ model, environment, version: { artifactDigest, releaseId, commit } },
        incident: incidentStart({
          ...{ model, environment, kind: GLASS_INCIDENT, subject: commit, owner: owners()[0] ?? 'oncall' },
          owners: owners(),
          monitoring: NOT_MONITORED,
        }),
      },
    ]);
    tell(environment, found.kind, found.kind === 'shut' ? found.reason : '');
    if (found.kind === 'shut') return;
    const known = view().breakGlass ?? [];
    const { notice } = found;
    if (!known.some(({ at, environment: where }) => at === notice.at && where === environment))
      show({ breakGlass: [...known, notice] });
    const now = whereItWaits(view());
    if (now?.environment === environment && now.stage === stage) ended = { wait: `${stage}.${environment}`, notice };
  };

  setHandler(
    breakGlassSignal,
    async () => {
      again = true;
      if (looking) return;
      looking = true;
      try {
        while (again) {
          again = false;
          await look();
        }
      } catch (error) {
        // It leaves the release as it was, and must not end it: people see why, and whoever signed may ask again.
        const environment = view().glassLook?.environment;
        if (environment !== undefined && !isCancellation(error)) tell(environment, 'failed', failureText(error));
        log.warn('a look whether two people broke the glass failed', { reason: failureText(error) });
      } finally {
        looking = false;
      }
    },
    { description: 'Somebody signed for break-glass: the release looks whether two people stand. Carries nothing.' },
  );

  const isOpen = (wait: Wait, environment: string): boolean => ended?.wait === `${wait}.${environment}`;
  return {
    isOpen,
    take: (wait, environment) => {
      if (!isOpen(wait, environment)) return undefined;
      const notice = ended?.notice;
      ended = undefined;
      return notice;
    },
  };
};

/** What a stage says that ended so. */
export const passedBy = (notice: BreakGlassNotice | undefined): string =>
  `break-glass by ${notice?.by.join(' and ') ?? 'two people'}: ${notice?.reason ?? ''}`;
