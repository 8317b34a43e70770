import { rm } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { isServedHere } from '../../core/provider/connection.ts';
import { proposedAxes, USUAL_RANK, USUAL_RUNS } from '../../core/training/sweep/sweepPlan.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import { takeSnapshot } from '../../jobs/start/snapshot.ts';
import { dataOfSweep, folderOfSweep, planSweep, type SweepRecord } from '../../jobs/sweep/sweepRecord.ts';
import { chooseDatasets, nameOfDataset, offerToSave } from '../datasets/files.ts';
import { isJobRef, recordOf } from '../jobs/jobRef.ts';
import { Cancelled, ProblemError } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import { requireTrust } from '../ui/trust.ts';
import { startInput, type SourceFacts, type StartServices } from './runStart.ts';
import { planOfJob } from './startAgain.ts';
import { planFor } from './startFineTuning.ts';
import { keepRunning } from './sweeps.ts';
import { filesOf } from './wizard/planFiles.ts';
import { axesOf, designSeed, runsOf, trainsTogether, usualEpochs } from './wizard/sweepSteps.ts';
import type { TuningPlan } from './wizard/tuningPlan.ts';
import { askForPlan, withLocalModel, type OpenQuestion } from './wizard/tuningSteps.ts';
import { withProposedValidation, withValidation } from './wizard/validationStep.ts';

interface Proposal {
  readonly title: string;
  readonly plan: TuningPlan;
  readonly first: readonly OpenQuestion[];
  readonly source?: SourceFacts;
}

/** Plans a sweep of a dataset or of the dataset of a job, shows its summary, and begins it. */
export async function startSweep(services: StartServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.jobs.load();
  const [clicked] = args;
  const proposal = isJobRef(clicked) ? await ofJob(services, clicked) : await ofDatasets(services, args);
  const plan = await askForPlan(services, proposal.title, proposal.plan, proposal.first);
  const sweep = await prepare(services, plan, proposal.source);
  // Not awaited: it takes as long as its runs, and tells by itself what becomes of it.
  void keepRunning(services, sweep.id);
  await services.panels.openJobs(sweep.id);
}

async function ofDatasets(services: StartServices, args: readonly unknown[]): Promise<Proposal> {
  const files = await chooseDatasets(services.ui, args);
  await offerToSave(services.ui, [files.training, files.validation]);
  const checked = withSweep(await planFor(services, files.training));
  const plan = await withLocalModel(services, checked);
  const measured =
    files.validation === null
      ? await withProposedValidation(services, plan)
      : await withValidation(services, plan, { kind: 'file', path: files.validation });
  return {
    title: t('Sweep of {0}', path.basename(files.training)),
    plan: measured ?? plan,
    first: measured === null ? ['validation'] : [],
  };
}

async function ofJob(services: StartServices, ref: unknown): Promise<Proposal> {
  const again = await planOfJob(services, recordOf(services, ref));
  const before = withSweep({ ...again.plan, automatic: true });
  const isHere = isServedHere(before.connection);
  const plan = isHere ? before : await withLocalModel(services, before);
  const fitting = plan.validation.kind === 'none' ? await withProposedValidation(services, plan) : plan;
  return {
    ...again,
    title: t('Sweep of {0}', again.title),
    plan: fitting ?? plan,
    first: fitting === null || again.first.includes('validation') ? ['validation'] : [],
  };
}

/** Adds the proposed values. @throws ProblemError where there is no validation loss to compare */
function withSweep(plan: TuningPlan): TuningPlan {
  if (plan.method === 'reinforcement') {
    throw new ProblemError({
      code: 'no-validation-loss',
      message: t('A sweep compares validation losses, and training by a grader has none.'),
      action: t('Start single jobs, and evaluate their models.'),
    });
  }
  const hyperparameters = { ...plan.hyperparameters, n_epochs: 'auto', learning_rate_multiplier: 'auto' } as const;
  const automatic = { ...plan, hyperparameters };
  const { rates, epochs, ranks } = proposedAxes(usualEpochs(automatic), true);
  return { ...automatic, sweep: { axes: { rates, epochs, ranks: ranks ?? [USUAL_RANK] }, budget: USUAL_RUNS } };
}

/** Copies the files and writes the sweep down. What is left of one that was canceled meanwhile, or failed, is deleted. */
async function prepare(
  services: StartServices,
  plan: TuningPlan,
  source: SourceFacts | undefined,
): Promise<SweepRecord> {
  const { sweep } = plan;
  if (sweep === null) throw new Error('A plan without a sweep.');
  const { folder } = services;
  const id = newIntentId();
  const name = source?.name ?? nameOfDataset(plan.training);
  try {
    return await withCancel(services.ui, t('Preparing the sweep of {0}', name), async (signal) => {
      const data = dataOfSweep(folder, id);
      const files = await filesOf(services, plan, path.join(data, 'parts'), signal);
      const isSplit = plan.validation.kind === 'split';
      const copy = async (file: string, role: string, sha256: string | undefined): Promise<Copied> => {
        const taken = await takeSnapshot(file, path.join(data, `${role}.jsonl`), signal);
        if (!taken.ok) throw new ProblemError(taken.error);
        // Parts of a split are made of the checked bytes.
        if (!isSplit && sha256 !== undefined && taken.value.sourceSha256 !== sha256) throw changed(file);
        return taken.value;
      };
      if (files.validation === null) throw new Error('A sweep without validation examples.');
      const training = await copy(files.training, 'training', plan.trainingSummary.sha256);
      const validation = await copy(files.validation, 'validation', plan.validationSummary?.sha256);
      const seed = designSeed(plan);
      const record: SweepRecord = {
        v: 1,
        id,
        name,
        at: Date.now(),
        base: {
          ...startInput({ ...plan, seed }, { training: training.path, validation: validation.path }, { source }),
          checked: { training: training.sha256, validation: validation.sha256 },
        },
        axes: axesOf(plan, sweep),
        seed,
        together: trainsTogether(plan.connection),
        runs: runsOf(plan, sweep).map((settings) => ({
          settings,
          intentId: null,
          jobId: null,
          end: null,
          reason: null,
        })),
        state: 'running',
      };
      signal.throwIfAborted();
      await planSweep(folder, record);
      return record;
    });
  } catch (error) {
    await rm(folderOfSweep(folder, id), { recursive: true, force: true });
    if (error instanceof ProblemError && error.problem.code === 'cancelled') throw new Cancelled();
    throw error;
  }
}

interface Copied {
  readonly path: string;
  readonly sha256: string;
}

function changed(file: string): ProblemError {
  return new ProblemError({
    code: 'dataset-changed',
    message: t('{0} has changed since it was checked.', path.basename(file)),
    action: t('Choose it again.'),
  });
}
