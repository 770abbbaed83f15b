import { ANSWERED } from '../bake/bakeAnswer.js';
import { FREEZE_OVERRIDDEN } from '../hold/ledger.js';
import { AUTOMATIC_APPROVAL } from '../release/judgeAutomatic.js';
import { RESUME_ASKED } from '../release/resumeAsked.js';
import { MEASURED } from '../rollout/beforeSwitch.js';
import { WATCHED } from '../rollout/watch.js';
import { SHIFTED } from '../rollout/shareOf.js';
import { saySteered, steeringOnRecord } from '../rollout/steering.js';
import { GLASS_OPENED, GLASS_SIGNED } from '../urgency/breakGlass.js';

/** One line of a release's story, from the ledger alone. */
export interface StoryLine {
  readonly at: number;
  readonly stream: string;
  readonly seq: number;
  readonly kind: string;
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly stream: string;
  readonly seq: number;
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Passages that brought a version of this release in, or took it out again: names of their rollouts' streams. */
export const rolloutsOf = (releaseId: string, environments: readonly Entry[]): readonly string[] =>
  deploymentsOf(releaseId, environments).map(
    ({ stream, body }) => `${stream.replace(/^environment\//, 'rollout/')}/${String(body['epoch'])}`,
  );

/** What the ledger says of a release, in the order in which it was written down. */
export const releaseStory = (
  releaseId: string,
  own: readonly Entry[],
  environments: readonly Entry[],
  rollouts: readonly Entry[],
): readonly StoryLine[] =>
  [...own, ...deploymentsOf(releaseId, environments), ...rollouts]
    .map((entry) => ({ ...entry, what: describe(entry) }))
    .sort((a, b) => a.at - b.at || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.seq - b.seq))
    .map(({ at, stream, seq, kind, what, body }) => ({ at, stream, seq, kind, what, body }));

const deploymentsOf = (releaseId: string, environments: readonly Entry[]): readonly Entry[] =>
  environments.filter(({ body }) => (body['version'] as { releaseId?: unknown } | undefined)?.releaseId === releaseId);

const describe = ({ kind, stream, body }: Entry): string => {
  const text = (name: string): string => String(body[name] ?? '');
  const where = body['environment'] === undefined ? '' : ` in ${text('environment')}`;
  if (kind === 'release.started') return `commit ${text('commit').slice(0, 12)}, started by ${text('trigger')}`;
  if (kind === 'release.ended') return `${text('outcome')}: ${text('reason')}`;
  if (kind === 'release.resumed')
    return `told on (${text('number')})${saidOfResumption(body)}, after: ${String((body['after'] as { reason?: unknown } | undefined)?.reason ?? '')}`;
  if (kind === RESUME_ASKED) return `${text('by')} asks to have it told on (${text('number')})`;
  if (kind.startsWith('stage.')) return `${kind.slice('stage.'.length)}${where}: ${text('verdict')}, ${text('reason')}`;
  if (kind === 'approval.asked')
    return `approval asked for ${text('env')}, evidence ${text('evidenceDigest').slice(7, 19)}`;
  if (kind === AUTOMATIC_APPROVAL) return `approved by evidence${where}: ${text('verdict')}, ${text('reason')}`;
  if (kind === 'decision') {
    const counted = body['counted'] === true ? 'counted' : `refused, ${text('refusal')}`;
    const to = body['to'] === undefined ? '' : ` to ${text('to')}`;
    const place = body['inPlaceOf'] === undefined ? '' : ` in the place of ${text('inPlaceOf')}`;
    return `${text('subject')}: ${text('decision')}${to}${place} for ${text('environment')} (${counted})`;
  }
  if (kind === 'decision.lapsed')
    return `the decision of ${text('subject')}${where} does not count any more: ${text('reason')}`;
  if (kind === FREEZE_OVERRIDDEN)
    return `${text('by')}: override of freeze ${text('freeze')}${where}: ${text('reason')}`;
  if (kind === GLASS_SIGNED) return `${text('by')}: asks for break-glass${where}: ${text('reason')}`;
  if (kind === GLASS_OPENED)
    return `the glass is broken${where} by ${(body['by'] as readonly string[]).join(' and ')}: ${text('incidentId')}`;
  if (kind.startsWith('deployment.'))
    return `${kind.slice('deployment.'.length)} in ${stream.split('/').at(-1) ?? ''}, epoch ${text('epoch')}: ${text('kind')} by ${text('by')}`;
  if (kind === 'kept.step') return `what ${text('step')} wrote may be taken again: ${text('record').slice(7, 19)}`;
  if (kind === 'kept.measurements') return `measured${where}: ${text('measurements').slice(7, 19)}`;
  if (kind === 'rollout.analysed') return `looked at ${lookedAt(body)}: ${text('verdict')}, ${text('reason')}`;
  if (kind === WATCHED) return `is watched at ${lookedAt({ ...body, weight: body['carried'] })}`;
  if (kind === MEASURED) return `what ran before had ${text('requests')} requests before the switch`;
  if (kind === SHIFTED)
    return `traffic: ${(body['weights'] as readonly { weight?: unknown; role?: unknown }[]).map(({ weight, role }) => `${String(weight)} % ${String(role)}`).join(', ')}`;
  if (Object.values(ANSWERED).includes(kind))
    return `${text('by')}: ${kind.slice('bake.'.length)}${where}: ${text('reason')}`;
  const [steered] = steeringOnRecord([{ kind, body }]);
  return steered === undefined ? '' : saySteered(steered);
};

const lookedAt = ({ phase, weight, carried }: Entry['body']): string =>
  phase === 'shadow'
    ? `a shadow with copies of ${String(carried)} %`
    : `${String(weight)} %${phase === 'switch' ? ', switched' : ''}`;

const saidOfResumption = ({ by, anyway, changed }: Entry['body']): string => {
  const who = typeof by === 'string' ? ` by ${by}` : '';
  const since = Array.isArray(changed) && changed.length > 0 ? ` although ${changed.join('; ')}` : '';
  return `${who}${anyway === true && since !== '' ? ` anyway,${since}` : ''}`;
};
