import { ROUTES } from '../../contract/http/routes.js';
import type { Steering } from '../../domain/rollout/steering.js';
import type { Call, Handlers } from '../call.js';
import { knownEnvironment, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { rolloutShown } from '../rolloutShown.js';
import { steerRollout } from '../steerRollout.js';

type Mine = 'showRollout' | 'pauseRollout' | 'resumeRollout' | 'promoteRollout' | 'abortRollout';

/** Who may always say it. Behind a step that asks for a word those may promote, too, whom it names. */
const ROLES: Readonly<Record<Steering, readonly string[]>> = {
  pause: ROUTES.pauseRollout.access,
  resume: ROUTES.resumeRollout.access,
  promote: ['operator'],
  abort: ROUTES.abortRollout.access,
};

export const rolloutHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => {
  const steer = async (
    word: Steering,
    { params, identity, body }: Pick<Call<typeof ROUTES.pauseRollout>, 'params' | 'identity' | 'body'>,
    step?: number,
  ) => {
    knownModel(ports, params.model);
    knownEnvironment(ports, params.environment);
    const heard = await steerRollout(ports, params, {
      ...{ word, by: identity.name, reason: body.reason, roles: ROLES[word] },
      ...(step === undefined ? {} : { step: step - 1 }),
    });
    return { body: { ...heard, rollout: await rolloutShown(ports, params) } };
  };
  return {
    showRollout: async ({ params, query: { epoch } }) => {
      knownModel(ports, params.model);
      knownEnvironment(ports, params.environment);
      return { body: await rolloutShown(ports, params, epoch) };
    },
    pauseRollout: (call) => steer('pause', call),
    resumeRollout: (call) => steer('resume', call),
    promoteRollout: (call) => steer('promote', call, call.body.step),
    abortRollout: (call) => steer('abort', call),
  };
};
