import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ParamValue, Spec } from '../../domain/spec/types.js';
import { nearest } from '../yaml/nearest.js';

/** Parameters that a release brings, whatever slipway.yaml says. */
export const BROUGHT = ['data.exported', 'data.until'] as const;

/**
 * Refuses (`usage`) to override a parameter that no step would read, with the one that was probably meant: it would be
 * another release of the very same bytes.
 *
 * @example refuseUnread({ params: { trees: 60 }, steps }, { tres: 90 }) // usage: no step reads a parameter tres (there is trees; did you mean trees?)
 */
export const refuseUnread = (
  { params, steps }: Pick<Spec['build'], 'params' | 'steps'>,
  overrides: Readonly<Record<string, ParamValue>>,
): void => {
  const known = [
    ...new Set([
      ...Object.keys(params),
      ...steps.flatMap((step) => step.params ?? []),
      // Whoever names none is given all of them.
      ...(steps.some((step) => step.params === undefined) ? BROUGHT : []),
    ]),
  ];
  const unread = Object.keys(overrides).filter((name) => !known.includes(name));
  if (unread.length === 0) return;
  throw new SlipwayError('usage', unread.map((name) => describe(name, known)).join('\n'), { params: unread });
};

const describe = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known);
  const others =
    known.length === 0 ? 'there are none' : `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
  return `no step reads a parameter ${name} (${others}${near === undefined ? '' : `; did you mean ${near}?`})`;
};
