import path from 'node:path';
import * as vscode from 'vscode';
import { dollars } from '../../../core/cost/estimate.ts';
import { constantBaseline, type TrainingAnswers } from '../../../core/evaluation/baselines/constant.ts';
import type { Contestant, RunConfig, TestItem } from '../../../core/evaluation/types.ts';
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
import { askProvider } from './ask.ts';
import { confirmResume } from './confirmResume.ts';
import { confirmTakeOver } from './takeOver.ts';
import { ensureDeployment } from '../../models/modelCommands.ts';

export type EvaluateServices = Pick<
  Services,
  'jobs' | 'connections' | 'keys' | 'providers' | 'datasets' | 'runs' | 'panels' | 'log' | 'ui'
>;

/** Called on a job or model (then a test file is asked for), on a `.jsonl` file (then a model is), or on nothing. */
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
    testFile === null ? `Evaluate ${target?.label ?? 'a Model'}` : `Evaluate with ${path.basename(testFile)}`;
  const steps = evaluationSteps(services, () => chooseTarget(services, title), {
    target: target !== null,
    testFile: testFile !== null,
  });
  let plan = await runSteps(services.ui, title, draft, steps);
  while (!(await confirm(services, plan))) plan = await runSteps(services.ui, title, plan, steps, 'summary');
  await ensureDeployments(services, plan);
  const run = await createRun(services, plan);
  try {
    await services.panels.openRun(run.config.id);
    await startRun(services, run, run.config.testFile.sha256);
  } finally {
    services.runs.close(run);
  }
}

/** Where a model answers only under the name of its deployment, everybody who is asked needs one. */
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
    `Ask ${plan.target?.connection.name ?? 'the provider'} ${String(requests)} times?`,
    [sentence, ...evaluationWarnings(plan)].join(' '),
    usd === null ? 'Start at Unknown Price' : `Start for at Most ${dollars(usd)}`,
  );
}

function nothingToGrade({ testFile, grader }: EvaluationPlan): ProblemError {
  return new ProblemError({
    code: 'nothing-to-grade',
    message: `No expected answer in ${path.basename(testFile ?? '')} ${grader === 'number' ? 'has a number' : 'says anything'}.`,
    action: 'Choose another grader or another test file.',
  });
}

async function createRun(services: EvaluateServices, plan: EvaluationPlan): Promise<EvaluationRun> {
  const { target, testFile, summary, grader, sampling } = plan;
  if (!target || testFile === null || !summary || !grader || !sampling)
    throw new Error('The wizard left a question open.');
  const answerPrefix = plan.answerPrefix ?? null;
  const { sha256, items } = await withCancel(services.ui, `Preparing ${path.basename(testFile)}…`, (signal) =>
    services.datasets.testItems(testFile, answerPrefix, signal),
  );
  if (items.length === 0) {
    throw new ProblemError({
      code: 'no-items',
      message: `${path.basename(testFile)} has no row with a question and an answer.`,
      action: 'Choose another test file.',
    });
  }
  const config: RunConfig = {
    v: 1,
    id: newIntentId(),
    createdAt: Date.now(),
    name: path.basename(testFile),
    testFile: { path: testFile, sha256, items: items.length },
    contestants: await contestantsOf(services, plan, target, items),
    grader,
    sampling,
    answerPrefix,
    concurrency: evaluationConcurrency(),
    ...(target.record ? { jobId: target.record.job.id } : {}),
    ...(summary.answers.commonPrefix === null ? {} : { truthPrefix: summary.answers.commonPrefix }),
    ...(plan.trainedOn === null ? {} : { trainedOn: plan.trainedOn }),
  };
  return services.runs.create(config, items);
}

async function contestantsOf(
  services: EvaluateServices,
  plan: EvaluationPlan,
  target: ModelTarget,
  items: readonly TestItem[],
): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = [...askedContestants(plan)];
  const grader = plan.grader ?? 'string_check';
  const constant = constantBaseline(
    grader,
    await trainingAnswers(services, target),
    items.map((item) => item.truth),
    plan.summary?.answers.commonPrefix ?? null,
  );
  if (constant) {
    const label = grader === 'number' ? 'constant median' : 'most frequent answer';
    contestants.push({ id: 'constant', kind: 'constant', label, ...constant });
  }
  return contestants;
}

/** The answers the model was trained on give the fairer constant; null when their snapshot is not here. */
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

/** Runs (or goes on with) an evaluation in the background; what stops it is in its panel, and said once. */
async function startRun(services: EvaluateServices, run: EvaluationRun, sha256: string): Promise<void> {
  const result = await run.start(sha256, { ask: askProvider(services.providers, run.config) });
  if (!result.ok) await showProblem(services, result.error);
}

function runIdOf(arg: unknown): string {
  if (typeof arg === 'object' && arg !== null && 'runId' in arg && typeof arg.runId === 'string') return arg.runId;
  throw new ProblemError({
    code: 'no-run',
    message: 'This command belongs to a run of the Evaluations view.',
    action: 'Choose it from the menu of a run there.',
  });
}

export async function resumeEvaluation(services: EvaluateServices, arg: unknown): Promise<void> {
  requireTrust();
  const id = runIdOf(arg);
  await services.panels.openRun(id);
  const opened = await services.runs.open(id);
  if (!opened.ok) throw new ProblemError(opened.error);
  const run = opened.value;
  try {
    // One that cannot be read now says so when it starts.
    await run.follow().catch(() => undefined);
    await confirmTakeOver(services.ui, run);
    const sha256 = await currentHash(services, run);
    // A file that was changed, and a run that goes on elsewhere, are refused by the run itself before anything is asked.
    if (sha256 === run.config.testFile.sha256 && run.status !== 'running') {
      await ensureOwnKeys(services, run);
      await confirmResume(services, run);
    }
    await startRun(services, run, sha256);
  } finally {
    services.runs.close(run);
  }
}

/** Asks whose a key is that several connections share, before more is paid with it. */
async function ensureOwnKeys(services: EvaluateServices, run: EvaluationRun): Promise<void> {
  const ids = run.config.contestants.flatMap((one) => ('connectionId' in one ? [one.connectionId] : []));
  for (const id of new Set(ids)) {
    const connection = await services.connections.get(id);
    if (connection) await ensureOwnKey(services, connection);
  }
}

/** A test file that is gone changes nothing: its items are kept in the run. One that was edited is another test. */
async function currentHash(services: EvaluateServices, run: EvaluationRun): Promise<string> {
  try {
    return (await services.datasets.inspect({ path: run.config.testFile.path }, { countTokens: false })).sha256;
  } catch {
    return run.config.testFile.sha256;
  }
}

/** What another window runs is cancelled there. */
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
  const rows = run.answered === null ? 'All its rows' : `Its ${String(run.answered)} rows`;
  const choice = await services.ui.modal(
    `Delete this evaluation on ${run.config.name}?`,
    `${rows} are deleted with it; they would have to be asked, and paid, again.`,
    'Delete',
  );
  if (choice !== 'Delete') throw new Cancelled();
  await services.panels.closeRun(id);
  const removed = await services.runs.remove(id);
  if (!removed.ok) throw new ProblemError(removed.error);
}
