import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { constantBaseline, type TrainingAnswers } from '../../../core/evaluation/baselines/constant.ts';
import type { Contestant, NumberReader, RunConfig, TestItem } from '../../../core/evaluation/types.ts';
import { newIntentId } from '../../../jobs/start/intentJournal.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { runElsewhere } from '../../../evals/words.ts';
import { evaluationConcurrency } from '../../config.ts';
import { ensureOwnKey } from '../../connections/ownKey.ts';
import { confirmPaid, refuseAboveCap } from '../../ui/confirmPaid.ts';
import { offerToSave, toPath } from '../../datasets/files.ts';
import { Cancelled, ProblemError, showProblem } from '../../ui/errors.ts';
import { runSteps } from '../../ui/multiStep.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Services } from '../../services.ts';
import { requireTrust } from '../../ui/trust.ts';
import { tellRunEnded } from '../endNotice.ts';
import { chooseTarget, targetOf } from '../wizard/chooseTarget.ts';
import {
  askedContestants,
  baseCanAnswer,
  evaluationCost,
  evaluationWarnings,
  requestsOf,
  type EvaluationPlan,
  type ModelTarget,
} from '../wizard/evaluationPlan.ts';
import { evaluationSteps, inspectTestFile } from '../wizard/evaluationSteps.ts';
import { withTrainedOn } from '../wizard/trainedOn.ts';
import { askProvider } from '../../../evals/askProvider.ts';
import { agreedBudget } from './budget.ts';
import { confirmResume } from './confirmResume.ts';
import { runIdOf } from './runIdOf.ts';
import { confirmTakeOver } from './takeOver.ts';
import { ensureDeployment } from '../../models/modelCommands.ts';

export type EvaluateServices = Pick<
  Services,
  'jobs' | 'connections' | 'keys' | 'providers' | 'datasets' | 'runs' | 'panels' | 'log' | 'ui'
>;

/** Evaluates a model: called on a job or model (asks for a test file), on a `.jsonl` file (asks for a model), or on nothing. */
export async function evaluateModel(services: EvaluateServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  const uri = args[0] instanceof vscode.Uri ? args[0] : undefined;
  const testFile = uri ? toPath(uri) : null;
  if (testFile !== null) await offerToSave(services.ui, [testFile]);
  const target = await targetOf(services, args[0]);
  const draft = await withTrainedOn(services, {
    target,
    testFile,
    summary: testFile === null ? null : await inspectTestFile(services, testFile),
    trainedOn: null,
    withBase: baseCanAnswer(target),
    grader: null,
    answerPrefix: undefined,
    sampling: null,
    customSampling: false,
  });
  const title =
    testFile !== null
      ? t('Evaluate with {0}', path.basename(testFile))
      : target
        ? t('Evaluate {0}', target.label)
        : t('Evaluate a Model');
  const steps = evaluationSteps(services, () => chooseTarget(services, title), {
    target: target !== null,
    testFile: testFile !== null,
  });
  await evaluatePlan(services, title, draft, steps);
}

/** Asks the steps, from a named one on, and runs what comes out of them. */
async function evaluatePlan(
  services: EvaluateServices,
  title: string,
  draft: EvaluationPlan,
  steps: ReturnType<typeof evaluationSteps>,
  startAt?: string,
): Promise<void> {
  let plan = await runSteps(services.ui, title, draft, steps, startAt);
  while (!(await confirm(services, plan))) plan = await runSteps(services.ui, title, plan, steps, 'summary');
  await ensureDeployments(services, plan);
  const run = await createRun(services, plan);
  try {
    await services.panels.openRun(run.config.id);
    await startRun(services, run, run.config.testFile.sha256, evaluationCost(plan).usd);
  } finally {
    services.runs.close(run);
  }
}

/** Begins a new evaluation like an earlier one: same models, test file, grader and sampling; its summary is shown first. */
export async function runEvaluationAgain(services: EvaluateServices, arg: unknown): Promise<void> {
  requireTrust();
  const id = runIdOf(arg);
  await services.runs.load();
  const config = services.runs.list().find((run) => run.config.id === id)?.config;
  const asked = config?.contestants.find(({ kind, model }) => kind === 'fine-tuned' && model !== undefined);
  if (!config || asked?.connectionId === undefined || asked.model === undefined) {
    throw new ProblemError({
      code: 'no-model',
      message: t('This evaluation has no fine-tuned model.'),
      action: t('Evaluate a model from the Jobs or Models view.'),
    });
  }
  const testFile = config.testFile.path;
  await offerToSave(services.ui, [testFile]);
  const target = await targetOf(services, { connectionId: asked.connectionId, model: asked.model });
  const draft = await withTrainedOn(services, {
    target: target && { ...target, label: asked.label },
    testFile,
    summary: await inspectTestFile(services, testFile),
    trainedOn: null,
    withBase: config.contestants.some(({ kind }) => kind === 'base') && baseCanAnswer(target),
    grader: config.grader,
    answerPrefix: config.answerPrefix,
    sampling: config.sampling,
    customSampling: true,
  });
  const title = t('Evaluate {0} Again', asked.label);
  const steps = evaluationSteps(services, () => chooseTarget(services, title), { target: true, testFile: true });
  await evaluatePlan(services, title, draft, steps, 'summary');
}

/** Deploys the models that are asked where they answer only under the name of a deployment. */
async function ensureDeployments(services: EvaluateServices, { target, withBase }: EvaluationPlan): Promise<void> {
  if (!target) return;
  await ensureDeployment(services, target.connection.id, target.model);
  if (withBase && target.base !== null) await ensureDeployment(services, target.connection.id, target.base);
}

async function confirm(services: EvaluateServices, plan: EvaluationPlan): Promise<boolean> {
  const { usd, sentence } = evaluationCost(plan);
  const requests = requestsOf(plan);
  if (requests === 0) throw nothingToGrade(plan);
  if (usd === 0) return true;
  refuseAboveCap(usd, 'asking');
  if (plan.target) await ensureOwnKey(services, plan.target.connection);
  return confirmPaid(
    services.ui,
    tn(
      requests,
      'Send {0} request to {1}?',
      'Send {0} requests to {1}?',
      plan.target?.connection.name ?? t('the provider'),
    ),
    [sentence, ...evaluationWarnings(plan)].join(' '),
    usd === null ? t('Start at Unknown Price') : t('Start for at Most {0}', dollars(usd)),
  );
}

function nothingToGrade({ testFile, grader }: EvaluationPlan): ProblemError {
  return new ProblemError({
    code: 'nothing-to-grade',
    message:
      grader === 'number'
        ? t('No expected answer in {0} has a number.', path.basename(testFile ?? ''))
        : t('Every expected answer in {0} is empty.', path.basename(testFile ?? '')),
    action: t('Choose another grader or another test file.'),
  });
}

async function createRun(services: EvaluateServices, plan: EvaluationPlan): Promise<EvaluationRun> {
  const { target, testFile, summary, grader, sampling } = plan;
  if (!target || testFile === null || !summary || !grader || !sampling)
    throw new Error('The wizard left a question open.');
  const answerPrefix = plan.answerPrefix ?? null;
  const { sha256, items } = await withCancel(services.ui, t('Preparing {0}…', path.basename(testFile)), (signal) =>
    services.datasets.testItems(testFile, answerPrefix, signal),
  );
  if (items.length === 0) {
    throw new ProblemError({
      code: 'no-items',
      message: t('{0} has no row with a question and an answer.', path.basename(testFile)),
      action: t('Choose another test file.'),
    });
  }
  const numberReader: NumberReader = { version: 2, decimalMark: summary.answers.decimalMark };
  const config: RunConfig = {
    v: 1,
    id: newIntentId(),
    createdAt: Date.now(),
    name: path.basename(testFile),
    testFile: { path: testFile, sha256, items: items.length },
    contestants: await contestantsOf(services, plan, target, items, numberReader),
    grader,
    sampling,
    answerPrefix,
    concurrency: evaluationConcurrency(),
    ...(target.record ? { jobId: target.record.job.id } : {}),
    ...(summary.answers.commonPrefix === null ? {} : { truthPrefix: summary.answers.commonPrefix }),
    ...(grader === 'number' ? { numberReader } : {}),
    ...(plan.trainedOn === null ? {} : { trainedOn: plan.trainedOn }),
  };
  return services.runs.create(config, items);
}

async function contestantsOf(
  services: EvaluateServices,
  plan: EvaluationPlan,
  target: ModelTarget,
  items: readonly TestItem[],
  numberReader: NumberReader,
): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = [...askedContestants(plan)];
  const grader = plan.grader ?? 'string_check';
  const constant = constantBaseline(
    grader,
    await trainingAnswers(services, target),
    items.map((item) => item.truth),
    plan.summary?.answers.commonPrefix ?? null,
    numberReader,
  );
  if (constant) {
    const label = grader === 'number' ? t('constant median') : t('most frequent answer');
    contestants.push({ id: 'constant', kind: 'constant', label, ...constant });
  }
  return contestants;
}

/** Answers that the model was trained on, which give the fairer constant; null when their snapshot is not here. */
async function trainingAnswers(services: EvaluateServices, target: ModelTarget): Promise<TrainingAnswers | null> {
  const snapshot = target.record?.local.trainingPath ?? null;
  if (snapshot === null) return null;
  try {
    return (await services.datasets.inspect({ path: snapshot }, { countTokens: false })).answers;
  } catch (error) {
    services.log.warn(
      `The training file's snapshot could not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

/**
 * Runs (or resumes) an evaluation in the background; its panel tells what stops it, and a notification once.
 * @param usd the agreed price
 */
async function startRun(
  services: EvaluateServices,
  run: EvaluationRun,
  sha256: string,
  usd: number | null,
): Promise<void> {
  const budget = await agreedBudget(services, run, usd);
  const result = await run.start(sha256, {
    ask: askProvider(services.providers, run.config),
    warmsUpUntil: warmUp(services, run.config),
    ...(budget === undefined ? {} : { budget }),
    // The answer is in: the rest is asked because the user wants all rows.
    ...(run.status === 'stopped-early' ? { stopEarly: false } : {}),
  });
  if (result.ok) await tellRunEnded(services, run);
  else await showProblem(services, result.error);
}

/** Time after a job within which its model may not be known everywhere at the provider yet. */
const WARM_UP_MS = 600_000;

/** Tells until when a missing model is waited for: a while after its job. */
function warmUp({ jobs }: Pick<EvaluateServices, 'jobs'>, { jobId }: RunConfig): (contestant: Contestant) => number {
  const job = jobId === undefined ? undefined : jobs.list().find((record) => record.job.id === jobId)?.job;
  const ended = (job?.finishedAt ?? 0) * 1000;
  return ({ kind, model }) => (kind === 'fine-tuned' && model === job?.fineTunedModel ? ended + WARM_UP_MS : 0);
}

export async function resumeEvaluation(services: EvaluateServices, arg: unknown): Promise<void> {
  requireTrust();
  const id = runIdOf(arg);
  await services.panels.openRun(id);
  const opened = await services.runs.open(id);
  if (!opened.ok) throw new ProblemError(opened.error);
  const run = opened.value;
  try {
    // A run that cannot be read now fails when it starts.
    await run.follow().catch(() => undefined);
    await confirmTakeOver(services.ui, run);
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
