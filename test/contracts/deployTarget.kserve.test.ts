import { openPlayedKserve } from '../fixtures/kubernetes/scene.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('KServe, with API server, KServe and Pods played', openPlayedKserve);
