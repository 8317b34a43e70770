import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import type { EvalFile } from '../../../core/evaluation/evalFile.ts';
import { graderTypeOf } from '../../../core/evaluation/evalFile.ts';
import { listedFloors, type Floors } from '../../../core/evaluation/baselines/floors.ts';
import type { Contestant, RowResult, RunConfig, TestItem, TrainedOn } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { askProvider } from '../../../evals/askProvider.ts';
import { planRun } from '../../../evals/plan.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { newIntentId } from '../../../jobs/start/intentJournal.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { evaluationConcurrency, rowDeadlineMs } from '../../config.ts';
import { ensureDeployment } from '../../models/modelCommands.ts';
import type { Services } from '../../services.ts';
import { asProblem, Cancelled, ProblemError, showProblem } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import { tellRunEnded } from '../endNotice.ts';
import { agreedBudget } from './budget.ts';

export type EvaluateServices = Pick<
  Services,
  'jobs' | 'connections' | 'keys' | 'providers' | 'datasets' | 'runs' | 'panels' | 'log' | 'ui'
>;

/** Evaluation with all that its file names. */
export interface Planned {
  readonly spec: EvalFile;
  /** Name of the run. */
  readonly name: string;
  /** Absolute paths; `training`: null when it is not known. */
  readonly testFile: string;
  readonly training: string | null;
  readonly summary: DatasetSummary;
  /** Connections of the models, by label. */
  readonly connections: ReadonlyMap<string, Connection>;
  readonly trainedOn: TrainedOn | null;
  /** Whether the run fails without its training file, as one that the file names; else its floors come from the test answers then. */
  readonly needsTraining: boolean;
}

export interface Prepared {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  /** Recorded answers, which the run has from its beginning. */
  readonly rows?: readonly RowResult[];
}

/** Reads the items and the floors of an evaluation, in the worker. Asks no model. */
export async function prepareRun(services: EvaluateServices, planned: Planned): Promise<Prepared> {
  const { spec, testFile, summary, connections, trainedOn } = planned;
  const title = t('Preparing {0}…', path.basename(testFile));
  const { sha256, items } = await withCancel(services.ui, title, (signal) =>
    services.datasets.testItems(testFile, spec.answerPrefix, signal),
  );
  if (items.length === 0) {
    throw new ProblemError({
      code: 'no-items',
      message: t('{0} has no row with a question and an answer.', path.basename(testFile)),
      action: t('Choose another test file.'),
    });
  }
  const floors = await floorsOfRun(services, planned);
  const record = await jobOf(services, planned);
  const config = planRun({
    spec,
    name: planned.name,
    testFile,
    rows: { sha256, items, answers: summary.answers },
    floors,
    connectionIds: new Map([...connections].map(([label, { id }]) => [label, id])),
    id: newIntentId(),
    concurrency: evaluationConcurrency(),
    more: {
      deadlineMs: rowDeadlineMs(),
      ...(record === null ? {} : { jobId: record.job.id }),
      ...(planned.training === null ? {} : { trainingFile: planned.training }),
      ...(trainedOn === null ? {} : { trainedOn }),
    },
  });
  if (!config.ok) throw new ProblemError(config.error);
  return { config: config.value, items };
}

async function floorsOfRun({ datasets, log, ui }: EvaluateServices, planned: Planned): Promise<Floors> {
  const { spec, testFile, training, summary, needsTraining } = planned;
  const { commonPrefix, decimalMark } = summary.answers;
  const options = {
    grader: graderTypeOf(spec.grader),
    truthPrefix: commonPrefix,
    decimalMark,
    listed: listedFloors(spec),
  };
  const make = (from: string | null): Promise<Floors> =>
    withCancel(ui, t('Preparing the free floors…'), (signal) => datasets.floors(testFile, from, options, signal));
  try {
    return await make(training);
  } catch (error) {
    if (needsTraining || training === null || error instanceof Cancelled) throw error;
    log.warn(`The training file's snapshot could not be read: ${asProblem(error).message}`);
    return make(null);
  }
}

/** Job that made the first model; null when it is not known. */
async function jobOf(
  { jobs }: Pick<Services, 'jobs'>,
  { spec, connections }: Pick<Planned, 'spec' | 'connections'>,
): Promise<JobRecord | null> {
  const first = spec.contestants.find((one) => 'model' in one);
  if (first === undefined) return null;
  const { label, model } = first;
  await jobs.load();
  const records = jobs.list(connections.get(label)?.id);
  return (
    records.find(({ job }) => job.fineTunedModel === model) ??
    records.find(({ checkpoints }) => checkpoints.some((checkpoint) => checkpoint.model === model)) ??
    null
  );
}

/** Deploys the models that answer only under the name of a deployment, creates the run and starts it with its panel. @param usd the agreed price */
export async function startPrepared(
  services: EvaluateServices,
  { config, items, rows }: Prepared,
  usd: number | null,
): Promise<void> {
  for (const { connectionId, model } of config.contestants)
    if (connectionId !== undefined && model !== undefined) await ensureDeployment(services, connectionId, model);
  const run = await services.runs.create(config, items, rows);
  try {
    await services.panels.openRun(config.id);
    await startRun(services, run, config.testFile.sha256, usd);
  } finally {
    services.runs.close(run);
  }
}

/**
 * Runs (or resumes) an evaluation in the background; its panel tells what stops it, and a notification once.
 * @param usd the agreed price
 */
export async function startRun(
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
