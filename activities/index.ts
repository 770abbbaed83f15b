import { createAnalyseStep } from './analyseStep.js';
import { createAssessRemediation } from './assessRemediation.js';
import { createBuildModel } from './buildModel.js';
import { createDeployVersion } from './deployVersion.js';
import { withFailures } from './errors.js';
import { createEvaluateGates } from './evaluateGates.js';
import { createExportTrainingData } from './exportTrainingData.js';
import { createFinishRelease } from './finishRelease.js';
import { createLookForRecovery } from './lookForRecovery.js';
import { createMeasureDrift } from './measureDrift.js';
import { createMoveWatermark } from './moveWatermark.js';
import { createNotify } from './notify.js';
import { createNotifyOwner } from './notifyOwner.js';
import { createPackageArtifact } from './packageArtifact.js';
import { createPollSource } from './pollSource.js';
import type { Ports } from './ports.js';
import { createPrepareApproval } from './prepareApproval.js';
import { createRecordDeployment } from './recordDeployment.js';
import { createRecordIncident } from './recordIncident.js';
import { createRecoverEnvironment } from './recoverEnvironment.js';
import { createRunChecks } from './runChecks.js';
import { createSendMessage } from './sendMessage.js';
import { createShiftTraffic } from './shiftTraffic.js';
import { createSmokeTest } from './smokeTest.js';
import { createStartMonitoring } from './startMonitoring.js';
import { createStartRetrain } from './startRetrain.js';
import { createVerifyDecision } from './verifyDecision.js';

/** The hands: every activity, closed over the ports it reaches the world through. */
export const createActivities = (ports: Ports) => ({
  // integrate, build, package
  runChecks: withFailures(createRunChecks(ports)),
  buildModel: withFailures(createBuildModel(ports)),
  packageArtifact: withFailures(createPackageArtifact(ports)),
  // judge
  smokeTest: withFailures(createSmokeTest(ports)),
  evaluateGates: withFailures(createEvaluateGates(ports)),
  // decide
  prepareApproval: withFailures(createPrepareApproval(ports)),
  verifyDecision: withFailures(createVerifyDecision(ports)),
  // deploy
  deployVersion: withFailures(createDeployVersion(ports)),
  shiftTraffic: withFailures(createShiftTraffic(ports)),
  analyseStep: withFailures(createAnalyseStep(ports)),
  recoverEnvironment: withFailures(createRecoverEnvironment(ports)),
  recordDeployment: withFailures(createRecordDeployment(ports)),
  // tell
  sendMessage: withFailures(createSendMessage(ports)),
  notify: withFailures(createNotify(ports)),
  finishRelease: withFailures(createFinishRelease(ports)),
  // watch
  pollSource: withFailures(createPollSource(ports)),
  startMonitoring: withFailures(createStartMonitoring(ports)),
  measureDrift: withFailures(createMeasureDrift(ports)),
  moveWatermark: withFailures(createMoveWatermark(ports)),
  // repair
  notifyOwner: withFailures(createNotifyOwner(ports)),
  recordIncident: withFailures(createRecordIncident(ports)),
  lookForRecovery: withFailures(createLookForRecovery(ports)),
  assessRemediation: withFailures(createAssessRemediation(ports)),
  exportTrainingData: withFailures(createExportTrainingData(ports)),
  startRetrain: withFailures(createStartRetrain(ports)),
});

export type Activities = ReturnType<typeof createActivities>;
