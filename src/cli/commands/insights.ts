import type { Command } from 'commander';
import type { DeliveryMetrics } from '../../domain/insights/deliveryMetrics.js';
import type { Span } from '../../domain/insights/whereWaited.js';
import { sayBypassed } from '../../domain/urgency/bypasses.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { duration, shortRelease } from '../output.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

interface Insights extends DeliveryMetrics {
  readonly latest: readonly {
    readonly releaseId: string;
    readonly outcome?: string;
    readonly waited: readonly Span[];
  }[];
}

export const insightCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('insights')
      .description('where the time of releases goes')
      .option('--model <name>', 'of one model')
      .action(run(insights as never)),
    ['insights', 'insights --model flight-delay --json'],
  );
};

const insights = async (cli: Cli, options: { readonly model?: string }): Promise<void> => {
  const query = options.model === undefined ? '' : `?model=${encodeURIComponent(options.model)}`;
  cli.out.result(await cli.api().get<Insights>(`/api/v1/insights${query}`), render);
};

const rate = ({ count, of }: { readonly count: number; readonly of: number }): string => `${count} of ${of}`;

const render = (found: Insights): string =>
  [
    `${found.releases} ${found.releases === 1 ? 'release' : 'releases'}: ${
      [
        ...Object.entries(found.outcomes).map(([outcome, count]) => `${count} ${outcome}`),
        ...(found.underWay > 0 ? [`${found.underWay} under way`] : []),
      ].join(', ') || 'none yet'
    }`,
    `lead time (commit seen to promoted), median: ${duration(found.leadTime?.median) || 'nothing promoted'}; waiting for people, median: ${duration(found.humanWait?.median) || 'nobody was asked'}`,
    `stopped by gates: ${rate(found.gateBlocks)}; rolled back: ${rate(found.rollbacks)}; retrains that won: ${rate(found.retrainWins)}`,
    sayBypassed(found.bypasses),
    '',
    table(
      ['Stage', 'Environment', 'Median', 'Longest', 'Together'],
      found.stages.map((stage) => [
        stage.stage,
        stage.environment,
        duration(stage.median),
        duration(stage.max),
        duration(stage.total),
      ]),
    ),
    ...found.latest.slice(0, 5).map(
      (release) =>
        `${shortRelease(release.releaseId)} (${release.outcome ?? 'under way'}) waited longest in ${release.waited
          .slice(0, 3)
          .map(
            (span) =>
              `${span.stage}${span.environment === undefined ? '' : ` ${span.environment}`} ${duration(span.milliseconds)}`,
          )
          .join(', ')}`,
    ),
  ].join('\n');
