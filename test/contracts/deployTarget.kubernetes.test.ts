import { openPlayedScene } from '../fixtures/kubernetes/scene.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('Kubernetes, with API server, Pods and Gateway played', openPlayedScene);
