import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import type { GraderSpec } from '../../../core/evaluation/evalFile.ts';
import type { RunConfig } from '../../../core/evaluation/types.ts';
import { baselineOf, MATTERS } from '../../../core/evaluation/comparison/runJudgment.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { runElsewhere } from '../../../evals/words.ts';
import { ensureOwnKey } from '../../connections/ownKey.ts';
import { offerToSave, toPath } from '../../datasets/files.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import { askingPrice } from '../askingPrice.ts';
import { targetOf } from '../wizard/chooseTarget.ts';
import {
  connectionsOf,
  evaluationWarnings,
  keyOf,
  NEW_PLAN,
  specOf,
  withSpread,
  withTarget,
  type EvaluationPlan,
  type FullPlan,
  type ModelTarget,
} from '../wizard/evaluationPlan.ts';
import { askForEvaluation, inspectTestFile } from '../wizard/evaluationSteps.ts';
import { withTrainedOn } from '../wizard/trainedOn.ts';
import { askingsOf, confirmStart, nothingToGrade } from './askings.ts';
import { confirmResume } from './confirmResume.ts';
import { runIdOf } from './runIdOf.ts';
import { prepareRun, startPrepared, startRun, type EvaluateServices } from './startRun.ts';
import { confirmTakeOver } from './takeOver.ts';

export type { EvaluateServices } from './startRun.ts';

/**
 * Evaluates a model: called on a job or model (asks for a test file), on a `.jsonl` file (asks for a model), or on nothing. A second
 * argument `{ against: MODEL }` names another model of the same connection that it is compared with; `{ record: PATH }` records its
 * answers alone, on this test file or, when null, on one that is asked for, with the settings of the run `like`.
 */
export async function evaluateModel(services: EvaluateServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  const uri = args[0] instanceof vscode.Uri ? args[0] : undefined;
  const recorded = recordOf(args[1]);
  const testFile = uri ? toPath(uri) : (recorded?.testFile ?? null);
  if (testFile !== null) await offerToSave(services.ui, [testFile]);
  const target = await targetOf(services, args[0]);
  const summary = testFile === null ? null : await inspectTestFile(services, testFile);
  const draft = { ...NEW_PLAN, testFile, summary };
  const title =
    recorded !== null && target !== null
      ? t('Record the Answers of {0}', target.label)
      : testFile !== null
        ? t('Evaluate with {0}', path.basename(testFile))
        : target
          ? t('Evaluate {0}', target.label)
          : t('Evaluate a Model');
  const plan = target === null ? draft : withTarget(draft, target);
  if (recorded !== null && target !== null) {
    const like = services.runs.list().find(({ config }) => config.id === recorded.like)?.config;
    const settings = like === undefined || testFile === null ? {} : settingsOf(like);
    await evaluatePlan(services, title, withSpread({ ...plan, ...settings, rivals: [], isRecording: true }), false);
    return;
  }
  const rival = target === null ? null : await rivalOf(services, target, args[1]);
  const both = rival === null ? plan : { ...plan, rivals: [rival, ...plan.rivals], baseline: keyOf(rival) };
  await evaluatePlan(services, title, both, testFile !== null);
}

/** What the command was told to record on; null: it is an evaluation. */
function recordOf(arg: unknown): { readonly testFile: string | null; readonly like: string | null } | null {
  if (typeof arg !== 'object' || arg === null || !('record' in arg)) return null;
  return {
    testFile: typeof arg.record === 'string' ? arg.record : null,
    like: 'like' in arg && typeof arg.like === 'string' ? arg.like : null,
  };
}

/** Settings of an earlier run that another one of the same test file takes over. */
function settingsOf(config: RunConfig): Partial<EvaluationPlan> {
  return {
    grader: graderOfRun(config),
    primary: config.primary ?? null,
    matters: config.matters ?? MATTERS,
    answerPrefix: config.answerPrefix,
    sampling: config.sampling,
    samples: config.samples ?? 1,
  };
}

/** Model that the command was told to compare with; null: none. */
async function rivalOf(services: EvaluateServices, target: ModelTarget, arg: unknown): Promise<ModelTarget | null> {
  if (typeof arg !== 'object' || arg === null || !('against' in arg) || typeof arg.against !== 'string') return null;
  return targetOf(services, { connectionId: target.connection.id, model: arg.against });
}

/** Asks until the user starts the plan, and runs it. */
async function evaluatePlan(
  services: EvaluateServices,
  title: string,
  draft: EvaluationPlan,
  isFileGiven: boolean,
): Promise<void> {
  let plan = await askForEvaluation(services, title, await withTrainedOn(services, draft), isFileGiven);
  while (!(await confirm(services, plan))) plan = await askForEvaluation(services, title, plan, isFileGiven);
  const spec = specOf(plan);
  const { testFile, training, summary, trainedOn } = plan;
  const connections = connectionsOf(plan);
  const name = path.basename(testFile);
  const planned = { spec, name, testFile, training, summary, connections, trainedOn, needsTraining: false };
  const { usd } = askingPrice(askingsOf(spec, connections, summary));
  await startPrepared(services, await prepareRun(services, planned), usd);
}

function confirm(services: EvaluateServices, plan: FullPlan): Promise<boolean> {
  const spec = specOf(plan);
  const askings = askingsOf(spec, connectionsOf(plan), plan.summary);
  const nothing = (): ProblemError => nothingToGrade(spec, path.basename(plan.testFile));
  return confirmStart(services, askings, nothing, evaluationWarnings(plan));
}

/** Begins a new evaluation like an earlier one: same models, test file, grader and sampling; its summary is shown first. */
export async function runEvaluationAgain(services: EvaluateServices, arg: unknown): Promise<void> {
  requireTrust();
  const id = runIdOf(arg);
  await services.runs.load();
  const config = services.runs.list().find((run) => run.config.id === id)?.config;
  const [target, ...rivals] = config === undefined ? [] : await modelsOf(services, config);
  if (config === undefined || target === undefined) {
    throw new ProblemError({
      code: 'no-model',
      message: t('This evaluation has no fine-tuned model.'),
      action: t('Evaluate a model from the Jobs or Models view.'),
    });
  }
  const testFile = config.testFile.path;
  await offerToSave(services.ui, [testFile]);
  const baseline = config.contestants.find((one) => one.id === baselineOf(config));
  const draft: EvaluationPlan = {
    ...withTarget(NEW_PLAN, target),
    rivals,
    baseline:
      rivals.map(keyOf).find((key) => key === `${baseline?.connectionId ?? ''} ${baseline?.model ?? ''}`) ?? null,
    testFile,
    summary: await inspectTestFile(services, testFile),
    // Its summary tells of items that the model was trained on, as the run does.
    overlapAccepted: true,
    ...settingsOf(config),
    stopEarly: config.stopEarly === true,
    pass: config.pass ?? null,
  };
  await evaluatePlan(services, t('Evaluate {0} Again', target.label), draft, true);
}

/** Models of a run whose connections are still there, the one that it is about first. */
async function modelsOf(services: EvaluateServices, { contestants }: RunConfig): Promise<readonly ModelTarget[]> {
  const models: ModelTarget[] = [];
  const all = [...contestants].sort((a, b) => Number(b.kind === 'fine-tuned') - Number(a.kind === 'fine-tuned'));
  for (const { connectionId, model, label } of all) {
    if (connectionId === undefined || model === undefined) continue;
    // The first one must be there; another one is left out when its connection was removed.
    if (models.length > 0 && (await services.connections.get(connectionId)) === null) continue;
    const target = await targetOf(services, { connectionId, model });
    if (target !== null) models.push({ ...target, label });
  }
  return models;
}

function graderOfRun({ grader, graderOptions }: RunConfig): GraderSpec {
  const type = grader === 'string_check' ? 'exact' : grader;
  // Options of a run are those of its own grader.
  return { ...graderOptions, type } as GraderSpec;
}

/** Goes on with a run. @param isAgreed whether the user has already been asked about a run that another window left behind */
export async function resumeEvaluation(
  services: EvaluateServices,
  arg: unknown,
  { isAgreed = false }: { readonly isAgreed?: boolean } = {},
): Promise<void> {
  requireTrust();
  const id = runIdOf(arg);
  await services.panels.openRun(id);
  const opened = await services.runs.open(id);
  if (!opened.ok) throw new ProblemError(opened.error);
  const run = opened.value;
  try {
    // A run that cannot be read now fails when it starts.
    await run.follow().catch(() => undefined);
    if (!isAgreed) await confirmTakeOver(services.ui, run);
    const sha256 = await currentHash(services, run);
    // The run itself refuses a changed file, and a run that goes on elsewhere, before it sends a request.
    let usd: number | null = null;
    if (sha256 === run.config.testFile.sha256 && run.status !== 'running') {
      await ensureOwnKeys(services, run);
      usd = await confirmResume(services, run);
    }
    await startRun(services, run, sha256, usd);
  } finally {
    services.runs.close(run);
  }
}

/** Asks for the owner of a key that several connections share, before more is paid with it. */
async function ensureOwnKeys(services: EvaluateServices, run: EvaluationRun): Promise<void> {
  const ids = run.config.contestants.flatMap((one) => ('connectionId' in one ? [one.connectionId] : []));
  for (const id of new Set(ids)) {
    const connection = await services.connections.get(id);
    if (connection) await ensureOwnKey(services, connection);
  }
}

/** Hash of the test file now; that of the run when the file is gone, since the run keeps its items. An edited file is another test. */
async function currentHash(services: EvaluateServices, run: EvaluationRun): Promise<string> {
  try {
    return (await services.datasets.inspect({ path: run.config.testFile.path }, { countTokens: false })).sha256;
  } catch {
    return run.config.testFile.sha256;
  }
}

/** Cancels a run of this window; one of another window is canceled there. */
export function cancelEvaluation(services: EvaluateServices, arg: unknown): Promise<void> {
  const id = runIdOf(arg);
  const elsewhere = services.runs.list().find(({ config }) => config.id === id)?.elsewhere;
  if (elsewhere?.leftBehind === null) throw new ProblemError(runElsewhere(elsewhere));
  services.runs.get(id)?.cancel();
  return Promise.resolve();
}

export async function openEvaluation(services: EvaluateServices, arg: unknown): Promise<void> {
  await services.panels.openRun(runIdOf(arg));
}

export async function deleteEvaluation(services: EvaluateServices, arg: unknown): Promise<void> {
  const id = runIdOf(arg);
  await services.runs.load();
  const run = services.runs.list().find(({ config }) => config.id === id);
  if (!run) return;
  if (run.elsewhere?.leftBehind === null) throw new ProblemError(runElsewhere(run.elsewhere));
  const remove = t('Delete');
  const choice = await services.ui.modal(
    t('Delete this evaluation on {0}?', run.config.name),
    run.answered === null
      ? t('All its rows are deleted with it; they would have to be requested, and paid for, again.')
      : tn(
          run.answered,
          'Its {0} row is deleted with it; it would have to be requested, and paid for, again.',
          'Its {0} rows are deleted with it; they would have to be requested, and paid for, again.',
        ),
    remove,
  );
  if (choice !== remove) throw new Cancelled();
  await services.panels.closeRun(id);
  const removed = await services.runs.remove(id);
  if (!removed.ok) throw new ProblemError(removed.error);
}
