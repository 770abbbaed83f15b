import type { ROUTES } from '../../contract/http/routes.js';
import type { BakeAnswer } from '../../domain/bake/bakeAnswer.js';
import { answerBake } from '../answerBake.js';
import type { Call, Handlers } from '../call.js';
import { knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';

export const bakeHandlers = (ports: ServerPorts): Pick<Handlers, 'confirmRelease' | 'revertRelease'> => {
  const answer = async (
    kind: BakeAnswer,
    { params, identity, body }: Pick<Call<typeof ROUTES.confirmRelease>, 'params' | 'identity' | 'body'>,
  ) => {
    knownModel(ports, params.model);
    const { changed, asked } = await answerBake(ports, params, { kind, by: identity.name, reason: body.reason });
    return { body: { changed, environment: asked.environment, until: asked.until } };
  };
  return {
    confirmRelease: (call) => answer('confirm', call),
    revertRelease: (call) => answer('revert', call),
  };
};
