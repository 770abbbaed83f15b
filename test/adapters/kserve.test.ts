import { describeKserve } from '../fixtures/kubernetes/kserveSuite.js';
import { openPlayedKserve } from '../fixtures/kubernetes/scene.js';

describeKserve('played', openPlayedKserve);
