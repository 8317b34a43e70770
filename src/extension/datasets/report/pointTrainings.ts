// Trainings of an open-weights model on parts of the rows, one after the other, each a job as any other start makes one.
import { t } from '../../../core/base/messages.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import type { DataParts } from '../../../core/dataset/dataCurve/modelPoints.ts';
import { isTerminal, type Job } from '../../../core/training/job.ts';
import { LOCAL_CONNECTION } from '../../../connections/store.ts';
import { newIntentId } from '../../../jobs/start/intentJournal.ts';
import { startJob } from '../../../jobs/start/startJob.ts';
import { endOfJob } from '../../../jobs/watch/endOfJob.ts';
import { AUTOMATIC, DEFAULT_SEED } from '../../fineTuning/wizard/tuningPlan.ts';
import type { Services } from '../../services.ts';
import { ProblemError, showProblem } from '../../ui/errors.ts';
import { nameOfDataset } from '../files.ts';

export type TrainingServices = Pick<Services, 'folder' | 'jobs' | 'providers' | 'watch' | 'starts' | 'log' | 'ui'>;

interface Order {
  /** Name of the base model. */
  readonly model: string;
  /** Dataset that the parts are of. */
  readonly file: string;
  readonly sha256: string;
}

/** Says which training goes on, and the share of all of them that is done, 0…1. */
type Tell = (text: string, fraction: number) => void;

/**
 * Trains on each part and waits for the end of its job. A job that does not succeed ends it all, and an abort cancels the running one.
 * @returns the tuned models, in the order of the parts
 * @throws ProblemError when a job cannot be started or ends without a model; the signal's reason when aborted
 */
export async function trainOnParts(
  services: TrainingServices,
  { model, file, sha256 }: Order,
  parts: DataParts['parts'],
  signal: AbortSignal,
  tell: Tell,
): Promise<readonly string[]> {
  const all = parts.reduce((sum, { rows }) => sum + rows, 0);
  const models: string[] = [];
  let done = 0;
  for (const [index, { share, rows, path }] of parts.entries()) {
    const text = t('training {0} of {1}, on {2} % of the rows', index + 1, parts.length, 100 * share);
    const onStep = (fraction: number): void => {
      tell(text, (done + fraction * rows) / all);
    };
    onStep(0);
    signal.throwIfAborted();
    const name = t('{0} {1} %', nameOfDataset(file), 100 * share);
    const job = await startOne(services, { model, file, sha256, name, rows, path }, signal);
    models.push(await modelOf(services, job, name, signal, onStep));
    done += rows;
  }
  return models;
}

async function startOne(
  services: TrainingServices,
  part: Order & { readonly name: string; readonly rows: number; readonly path: string },
  signal: AbortSignal,
): Promise<Job> {
  const { folder, jobs } = services;
  try {
    const started = await startJob(
      {
        intentId: newIntentId(),
        connectionId: LOCAL_CONNECTION.id,
        model: part.model,
        trainingFile: part.path,
        validationFile: null,
        method: { name: 'supervised', hyperparameters: AUTOMATIC },
        suffix: null,
        seed: DEFAULT_SEED,
        wandb: null,
        name: part.name,
        local: {
          priceEstimate: 0,
          examples: part.rows,
          sourcePath: part.file,
          sourceSha256: part.sha256,
          // One notification tells the end of all, not one each.
          notified: true,
        },
      },
      { provider: await services.providers.get(LOCAL_CONNECTION.id), folder, jobs, signal },
    );
    if (!started.ok) throw new ProblemError(started.error);
    const { job } = started.value;
    services.log.info(`Job ${job.id} was created on ${job.model} for the points of a data curve.`);
    await services.watch.look(LOCAL_CONNECTION.id, true);
    return job;
  } finally {
    // Unfinished starts are offered in the tree.
    await services.starts.refresh();
  }
}

/** Name of the model that the job makes. Canceled when the signal aborts. */
async function modelOf(
  services: TrainingServices,
  { id }: Job,
  name: string,
  signal: AbortSignal,
  onStep: (fraction: number) => void,
): Promise<string> {
  try {
    const ended = await endOfJob(services.jobs, { connectionId: LOCAL_CONNECTION.id, jobId: id }, signal, onStep);
    if (ended === null) throw removed(name);
    if (ended.status === 'succeeded' && ended.fineTunedModel !== null) return ended.fineTunedModel;
    throw endedWithout(name, ended);
  } catch (error) {
    if (signal.aborted) await cancel(services, id);
    throw error;
  }
}

/** Cancels the job at the server, whose answer to a job that has just ended does not matter. */
async function cancel(services: TrainingServices, id: string): Promise<void> {
  const { jobs, providers, watch } = services;
  try {
    const job = await (await providers.get(LOCAL_CONNECTION.id)).cancelJob(id);
    jobs.update(LOCAL_CONNECTION.id, id, { job });
  } catch (error) {
    await watch.look(LOCAL_CONNECTION.id, true);
    const record = jobs.get(LOCAL_CONNECTION.id, id);
    // Not awaited: a notification stays until it is closed.
    if (record !== undefined && !isTerminal(record.job.status)) void showProblem(services, error);
    return;
  }
  await watch.look(LOCAL_CONNECTION.id, true);
}

function endedWithout(name: string, { status, error }: Job): ProblemError {
  const reason = error === null ? '' : untrustedText(error.message);
  const message =
    status === 'cancelled'
      ? t('Fine-tuning {0} was canceled.', name)
      : reason === ''
        ? t('Fine-tuning {0} failed.', name)
        : t('Fine-tuning {0} failed: {1}', name, reason);
  return new ProblemError({ code: 'training-ended', message, action: seeJobs() });
}

function removed(name: string): ProblemError {
  return new ProblemError({
    code: 'job-removed',
    message: t('The job {0} was removed before it had ended.', name),
    action: seeJobs(),
  });
}

function seeJobs(): string {
  return t('Look at the job in the Jobs view, then add the points again.');
}
