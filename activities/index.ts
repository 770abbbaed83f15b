import { createAnalyseStep } from './analyseStep.js';
import { createAssessRemediation } from './assessRemediation.js';
import { createApproveAutomatically } from './approveAutomatically.js';
import { createBuildModel } from './buildModel.js';
import { createDeployVersion } from './deployVersion.js';
import { withFailures } from './errors.js';
import { createEndMonitoring } from './endMonitoring.js';
import { createEvaluateGates } from './evaluateGates.js';
import { createExportTrainingData } from './exportTrainingData.js';
import { createFinishRelease } from './finishRelease.js';
import { withHeartbeat } from './heartbeat.js';
import { createLookForAnswer } from './lookForAnswer.js';
import { createLookForComments } from './lookForComments.js';
import { createLookForHolds } from './lookForHolds.js';
import { createLookForRecovery } from './lookForRecovery.js';
import { createMeasureChampion } from './measureChampion.js';
import { createMeasureDrift } from './measureDrift.js';
import { createLookForWord } from './lookForWord.js';
import { createMoveWatermark } from './moveWatermark.js';
import { createNotify } from './notify.js';
import { createNotifyOwner } from './notifyOwner.js';
import { createOpenBreakGlass } from './openBreakGlass.js';
import { createPackageArtifact } from './packageArtifact.js';
import { createPollSource } from './pollSource.js';
import type { Ports } from './ports.js';
import { createPrepareApproval } from './prepareApproval.js';
import { createRecallRelease } from './recallRelease.js';
import { createRecordDeployment } from './recordDeployment.js';
import { createRecordIncident } from './recordIncident.js';
import { createRecoverEnvironment } from './recoverEnvironment.js';
import { createReportRelease } from './reportRelease.js';
import { createRunChecks } from './runChecks.js';
import { createScreenDecisions } from './screenDecisions.js';
import { createSendMessage } from './sendMessage.js';
import { createShiftTraffic } from './shiftTraffic.js';
import { createLookAtBake } from './lookAtBake.js';
import { createLookAtSoak } from './lookAtSoak.js';
import { createLookAtTarget } from './lookAtTarget.js';
import { createSmokeTest } from './smokeTest.js';
import { createStartMonitoring } from './startMonitoring.js';
import { createStartRetrain } from './startRetrain.js';
import { createVerifyDecision } from './verifyDecision.js';
import { createWatchStep } from './watchStep.js';

type Activity = (input: never) => Promise<unknown>;

/** The others heartbeat from their first moment on. */
const short = <F extends Activity>(activity: F): F => withFailures(withHeartbeat(activity));

/** The hands: every activity, closed over the ports it reaches the world through. */
export const createActivities = (ports: Ports) => ({
  // integrate, build, package
  runChecks: withFailures(createRunChecks(ports)),
  buildModel: withFailures(createBuildModel(ports)),
  packageArtifact: withFailures(createPackageArtifact(ports)),
  // judge
  lookAtSoak: short(createLookAtSoak(ports)),
  lookAtBake: withFailures(createLookAtBake(ports)),
  lookForAnswer: short(createLookForAnswer(ports)),
  smokeTest: withFailures(createSmokeTest(ports)),
  evaluateGates: withFailures(createEvaluateGates(ports)),
  // decide
  approveAutomatically: short(createApproveAutomatically(ports)),
  prepareApproval: short(createPrepareApproval(ports)),
  verifyDecision: short(createVerifyDecision(ports)),
  screenDecisions: short(createScreenDecisions(ports)),
  openBreakGlass: short(createOpenBreakGlass(ports)),
  // deploy
  lookForHolds: short(createLookForHolds(ports)),
  deployVersion: withFailures(createDeployVersion(ports)),
  shiftTraffic: withFailures(createShiftTraffic(ports)),
  analyseStep: withFailures(createAnalyseStep(ports)),
  watchStep: withFailures(createWatchStep(ports)),
  measureChampion: withFailures(createMeasureChampion(ports)),
  lookForWord: short(createLookForWord(ports)),
  recoverEnvironment: short(createRecoverEnvironment(ports)),
  recordDeployment: short(createRecordDeployment(ports)),
  // tell
  sendMessage: short(createSendMessage(ports)),
  lookForComments: short(createLookForComments(ports)),
  notify: short(createNotify(ports)),
  finishRelease: short(createFinishRelease(ports)),
  reportRelease: short(createReportRelease(ports)),
  recallRelease: short(createRecallRelease(ports)),
  // watch
  pollSource: short(createPollSource(ports)),
  lookAtTarget: short(createLookAtTarget(ports)),
  startMonitoring: short(createStartMonitoring(ports)),
  endMonitoring: short(createEndMonitoring(ports)),
  measureDrift: withFailures(createMeasureDrift(ports)),
  moveWatermark: short(createMoveWatermark(ports)),
  // repair
  notifyOwner: short(createNotifyOwner(ports)),
  recordIncident: short(createRecordIncident(ports)),
  lookForRecovery: short(createLookForRecovery(ports)),
  assessRemediation: withFailures(createAssessRemediation(ports)),
  exportTrainingData: withFailures(createExportTrainingData(ports)),
  startRetrain: short(createStartRetrain(ports)),
});

export type Activities = ReturnType<typeof createActivities>;
