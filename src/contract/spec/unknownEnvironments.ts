import type { EnvironmentSpec } from '../../domain/spec/types.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { unknownName } from '../yaml/unknownName.js';

/**
 * Environments of a slipway.yaml that the operator does not have: nothing would ever answer a deployment there.
 *
 * @param known every environment of the operator; absent: nobody says which there are
 * @example unknownEnvironments([{ name: 'stagng' }], ['staging']) // [{ message: 'there is no environment "stagng"', meant: ..., ... }]
 */
export const unknownEnvironments = (
  environments: readonly Pick<EnvironmentSpec, 'name'>[],
  known: readonly string[] | undefined,
): readonly RuleBreach[] =>
  environments.flatMap(({ name }, index) =>
    known === undefined || known.includes(name)
      ? []
      : [unknownName(['environments', index, 'name'], name, known, 'environment')],
  );
