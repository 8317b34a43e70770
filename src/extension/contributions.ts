// Typed ids of the manifest's contributions. Only the manifest has titles and defaults;
// test/unit/tooling/manifest.test.ts compares both lists.

export const COMMANDS = {
  startFineTuning: 'tuningFork.startFineTuning',
  evaluateModel: 'tuningFork.evaluateModel',
  tryModel: 'tuningFork.tryModel',
  addConnection: 'tuningFork.addConnection',
  setApiKey: 'tuningFork.setApiKey',
  removeConnection: 'tuningFork.removeConnection',
  checkConnection: 'tuningFork.checkConnection',
  renameConnection: 'tuningFork.renameConnection',
  editConnection: 'tuningFork.editConnection',
  refreshModels: 'tuningFork.refreshModels',
  deleteModel: 'tuningFork.deleteModel',
  setDeployment: 'tuningFork.setDeployment',
  leaveProvider: 'tuningFork.leaveProvider',
  refreshJobs: 'tuningFork.refreshJobs',
  openJob: 'tuningFork.openJob',
  cancelJob: 'tuningFork.cancelJob',
  pauseJob: 'tuningFork.pauseJob',
  resumeJob: 'tuningFork.resumeJob',
  resumeStart: 'tuningFork.resumeStart',
  dismissStart: 'tuningFork.dismissStart',
  deleteOrphans: 'tuningFork.deleteOrphans',
  startAgain: 'tuningFork.startAgain',
  sweep: 'tuningFork.sweep',
  cancelSweep: 'tuningFork.cancelSweep',
  newGrader: 'tuningFork.newGrader',
  renameJob: 'tuningFork.renameJob',
  hideJob: 'tuningFork.hideJob',
  unhideJob: 'tuningFork.unhideJob',
  adoptJob: 'tuningFork.adoptJob',
  showJobEvents: 'tuningFork.showJobEvents',
  openTrainingFile: 'tuningFork.openTrainingFile',
  openFailedLine: 'tuningFork.openFailedLine',
  downloadResults: 'tuningFork.downloadResults',
  deleteTrainingFile: 'tuningFork.deleteTrainingFile',
  openInDashboard: 'tuningFork.openInDashboard',
  openWandbRun: 'tuningFork.openWandbRun',
  compareJobs: 'tuningFork.compareJobs',
  compareCharts: 'tuningFork.compareCharts',
  filterJobs: 'tuningFork.filterJobs',
  clearJobFilter: 'tuningFork.clearJobFilter',
  showHiddenJobs: 'tuningFork.showHiddenJobs',
  leaveOutHiddenJobs: 'tuningFork.leaveOutHiddenJobs',
  copyModelName: 'tuningFork.copyModelName',
  copyJobId: 'tuningFork.copyJobId',
  copyAsPython: 'tuningFork.copyAsPython',
  copyAsTypeScript: 'tuningFork.copyAsTypeScript',
  copyAsCurl: 'tuningFork.copyAsCurl',
  runEvaluationFile: 'tuningFork.runEvaluationFile',
  openEvaluation: 'tuningFork.openEvaluation',
  resumeEvaluation: 'tuningFork.resumeEvaluation',
  cancelEvaluation: 'tuningFork.cancelEvaluation',
  deleteEvaluation: 'tuningFork.deleteEvaluation',
  runEvaluationAgain: 'tuningFork.runEvaluationAgain',
  compareEvaluations: 'tuningFork.compareEvaluations',
  exportEvaluation: 'tuningFork.exportEvaluation',
  evaluateReplacement: 'tuningFork.evaluateReplacement',
  renameEvaluation: 'tuningFork.renameEvaluation',
  filterEvaluations: 'tuningFork.filterEvaluations',
  clearEvaluationFilter: 'tuningFork.clearEvaluationFilter',
  checkDataset: 'tuningFork.checkDataset',
  checkGrader: 'tuningFork.checkGrader',
  fixAllProblems: 'tuningFork.fixAllProblems',
  splitDataset: 'tuningFork.splitDataset',
  removeDuplicates: 'tuningFork.removeDuplicates',
  findLeakage: 'tuningFork.findLeakage',
  findContradictions: 'tuningFork.findContradictions',
  findSuspiciousAnswers: 'tuningFork.findSuspiciousAnswers',
  convertDataset: 'tuningFork.convertDataset',
  sampleDataset: 'tuningFork.sampleDataset',
  showReport: 'tuningFork.showReport',
  openCurve: 'tuningFork.openCurve',
  setUpOpenWeights: 'tuningFork.setUpOpenWeights',
  openWeightsDoctor: 'tuningFork.openWeightsDoctor',
  addOpenWeightsModel: 'tuningFork.addOpenWeightsModel',
  removeOpenWeightsModel: 'tuningFork.removeOpenWeightsModel',
  getStarted: 'tuningFork.getStarted',
  clearData: 'tuningFork.clearData',
  exportDiagnostics: 'tuningFork.exportDiagnostics',
  showLog: 'tuningFork.showLog',
} as const;
/** Ids with `internal` belong to the extension's own buttons and are not in the manifest. */
export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS] | `tuningFork.internal.${string}`;

export const VIEWS = {
  jobs: 'tuningFork.jobs',
  evaluations: 'tuningFork.evaluations',
  models: 'tuningFork.models',
} as const;

export const PANELS = {
  job: 'tuningFork.job',
  jobs: 'tuningFork.jobsTable',
  compare: 'tuningFork.compare',
  curve: 'tuningFork.curve',
  evaluation: 'tuningFork.evaluation',
  tryModel: 'tuningFork.try',
  report: 'tuningFork.report',
  leave: 'tuningFork.leave',
} as const;

export const SETTINGS = {
  evaluationConcurrency: 'tuningFork.evaluation.concurrency',
  rowDeadline: 'tuningFork.evaluation.rowDeadline',
  notifyJobEnded: 'tuningFork.notifications.jobEnded',
  notifyDeadlines: 'tuningFork.notifications.deadlines',
  openOnStart: 'tuningFork.jobs.openOnStart',
  prices: 'tuningFork.cost.prices',
  costCap: 'tuningFork.cost.cap',
  retentionDays: 'tuningFork.storage.retentionDays',
  openWeightsPython: 'tuningFork.openWeights.python',
} as const;

export const WALKTHROUGH = 'tuning-fork.tuning-fork#start';

/** Buttons of the extension's trees; not in the manifest. */
export const INTERNAL = {
  loadMoreJobs: 'tuningFork.internal.loadMoreJobs',
  revealJob: 'tuningFork.internal.revealJob',
  resumeSweeps: 'tuningFork.internal.resumeSweeps',
} as const;

/** Commands by feature whose code is loaded with the first of them (commandTable.ts), and not at activation. */
export const LATE_COMMANDS = {
  connections: [
    COMMANDS.addConnection,
    COMMANDS.setApiKey,
    COMMANDS.checkConnection,
    COMMANDS.renameConnection,
    COMMANDS.editConnection,
    COMMANDS.removeConnection,
  ],
  datasets: [COMMANDS.showReport, COMMANDS.openCurve, COMMANDS.findSuspiciousAnswers],
  fineTuning: [
    COMMANDS.startFineTuning,
    COMMANDS.startAgain,
    COMMANDS.sweep,
    COMMANDS.cancelSweep,
    INTERNAL.resumeSweeps,
    COMMANDS.resumeStart,
    COMMANDS.dismissStart,
    COMMANDS.newGrader,
  ],
  jobs: [
    COMMANDS.refreshJobs,
    COMMANDS.openJob,
    COMMANDS.copyModelName,
    COMMANDS.copyJobId,
    COMMANDS.copyAsPython,
    COMMANDS.copyAsTypeScript,
    COMMANDS.copyAsCurl,
    COMMANDS.cancelJob,
    COMMANDS.pauseJob,
    COMMANDS.resumeJob,
    COMMANDS.hideJob,
    COMMANDS.unhideJob,
    COMMANDS.renameJob,
    COMMANDS.adoptJob,
    COMMANDS.showHiddenJobs,
    COMMANDS.leaveOutHiddenJobs,
    COMMANDS.filterJobs,
    COMMANDS.clearJobFilter,
    INTERNAL.loadMoreJobs,
    INTERNAL.revealJob,
    COMMANDS.showJobEvents,
    COMMANDS.openTrainingFile,
    COMMANDS.openFailedLine,
    COMMANDS.deleteTrainingFile,
    COMMANDS.downloadResults,
    COMMANDS.openInDashboard,
    COMMANDS.openWandbRun,
    COMMANDS.compareJobs,
    COMMANDS.compareCharts,
  ],
  models: [COMMANDS.tryModel, COMMANDS.deleteModel, COMMANDS.setDeployment],
  leaving: [COMMANDS.leaveProvider],
  evaluation: [
    COMMANDS.evaluateModel,
    COMMANDS.runEvaluationFile,
    COMMANDS.openEvaluation,
    COMMANDS.resumeEvaluation,
    COMMANDS.cancelEvaluation,
    COMMANDS.deleteEvaluation,
    COMMANDS.runEvaluationAgain,
    COMMANDS.compareEvaluations,
    COMMANDS.exportEvaluation,
    COMMANDS.evaluateReplacement,
    COMMANDS.renameEvaluation,
    COMMANDS.filterEvaluations,
    COMMANDS.clearEvaluationFilter,
  ],
  openWeights: [
    COMMANDS.setUpOpenWeights,
    COMMANDS.openWeightsDoctor,
    COMMANDS.addOpenWeightsModel,
    COMMANDS.removeOpenWeightsModel,
  ],
  data: [COMMANDS.deleteOrphans, COMMANDS.clearData, COMMANDS.exportDiagnostics, COMMANDS.showLog, COMMANDS.getStarted],
} as const;

export type Feature = keyof typeof LATE_COMMANDS;
export type LateCommand<F extends Feature = Feature> = (typeof LATE_COMMANDS)[F][number];

/** Code of a command; `registerCommand` shows its errors. */
export type Run = (...args: readonly unknown[]) => Promise<void> | void;
/** Late commands of one feature. */
export type CommandTable<F extends Feature = Feature> = Readonly<Record<LateCommand<F>, Run>>;

/** Registers the late commands of a feature. */
export type LateCommands = (feature: Feature) => readonly { dispose(): unknown }[];
