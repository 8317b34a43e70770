import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { dollars } from '../../core/cost/estimate.ts';
import { newIntentId } from '../../jobs/intentJournal.ts';
import { startJob, type StartStage } from '../../jobs/startJob.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { LOCAL_CONNECTION } from '../../jobs/connectionStore.ts';
import { datasetName } from '../../core/dataset/fileNames.ts';
import { chooseDatasets, offerToSave } from '../datasetFiles.ts';
import { confirmPaid, refuseAboveCap } from '../confirmPaid.ts';
import { Cancelled, inert, ProblemError } from '../errors.ts';
import { runSteps } from '../multiStep.ts';
import { withCancel } from '../progress.ts';
import { withRemedy } from '../providers.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../trust.ts';
import { refuseErrors } from '../wizard/findings.ts';
import { AUTOMATIC, count, SPLIT_SHARE, type TuningPlan } from '../wizard/tuningPlan.ts';
import { plannedCost, tuningSteps, type WizardServices } from '../wizard/tuningSteps.ts';

export type StartServices = WizardServices & Pick<Services, 'folder' | 'jobs' | 'watch' | 'log' | 'runs'>;

const STAGES: Readonly<Record<StartStage, string>> = {
  reading: 'reading the dataset…',
  uploading: 'uploading…',
  creating: 'creating the job…',
  reconciling: 'the answer was lost; looking for the job at the provider…',
};

/** Check → questions → summary → (paid: one modal) → snapshot, upload, create → watch. */
export async function startFineTuning(services: StartServices, args: readonly unknown[]): Promise<void> {
  requireTrust('fine-tuning');
  const files = await chooseDatasets(args);
  await offerToSave([files.training, files.validation]);
  const title = `Fine-Tune with ${path.basename(files.training)}`;
  const steps = tuningSteps(services);
  let plan = await runSteps(title, await firstPlan(services, files.training, files.validation), steps);
  while (!(await confirm(plan))) plan = await runSteps(title, plan, steps, 'summary');
  await start(services, plan);
}

async function firstPlan(services: StartServices, training: string, validation: string | null): Promise<TuningPlan> {
  const summary = await withCancel(`Checking ${path.basename(training)}…`, (signal) =>
    services.datasets.inspect({ path: training }, { countTokens: true }, signal),
  );
  await refuseErrors(training, summary);
  const { prompts } = await withCancel(`Comparing the answers in ${path.basename(training)}…`, (signal) =>
    services.datasets.findContradictions(training, 1, signal),
  );
  return {
    training,
    trainingSummary: summary,
    connection: LOCAL_CONNECTION,
    model: '',
    validation: validation === null ? { kind: 'none' } : { kind: 'file', path: validation },
    validationSummary: null,
    contradictions: prompts,
    leaked: 0,
    differences: [],
    automatic: true,
    hyperparameters: AUTOMATIC,
    suffix: null,
    seed: undefined,
    wandbProject: '',
  };
}

/** What costs money is confirmed once more, with the amount, the model and who will bill it. */
async function confirm(plan: TuningPlan): Promise<boolean> {
  const { estimate, epochs } = plannedCost(plan);
  if (estimate.usd === 0) return true;
  refuseAboveCap(estimate.usd);
  const { name } = plan.connection;
  const amount = estimate.usd === null ? 'an unknown amount' : `about ${dollars(estimate.usd)}`;
  const howOften = plan.hyperparameters.n_epochs === 'auto' ? `about ${String(epochs)}` : String(epochs);
  return confirmPaid(
    `Start a paid job at ${name} for ${amount}?`,
    `${count(plan.trainingSummary.examples)} examples, ${howOften} epochs, ${count(estimate.trainedTokens)} tokens on ${plan.model}. ${estimate.sentence} This is an estimate; ${name} bills what it trains.`,
    estimate.usd === null ? 'Start at Unknown Price' : `Start for About ${dollars(estimate.usd)}`,
  );
}

async function start(services: StartServices, plan: TuningPlan): Promise<void> {
  const intentId = newIntentId();
  const name = plan.suffix || datasetName(plan.training);
  const staging = path.join(services.folder, 'staging', intentId);
  try {
    const result = await withCancel(`Starting ${name}`, async (signal, report) => {
      report('preparing…', 0);
      const files = await prepareFiles(services, plan, staging, signal);
      const provider = await services.providers.get(plan.connection.id);
      return startJob(
        {
          intentId,
          connectionId: plan.connection.id,
          model: plan.model,
          trainingFile: files.training,
          validationFile: files.validation,
          method: { name: 'supervised', hyperparameters: plan.hyperparameters },
          suffix: plan.suffix || null,
          seed: plan.seed ?? null,
          wandb: plan.wandbProject ? { project: plan.wandbProject, entity: null, name: null, tags: [] } : null,
          name,
          local: {
            priceEstimate: plannedCost(plan).estimate.usd,
            answerPrefix: plan.trainingSummary.answers.commonPrefix,
            examples: plan.trainingSummary.examples,
            sourcePath: plan.training,
          },
        },
        {
          provider,
          folder: services.folder,
          jobs: services.jobs,
          signal,
          onProgress: ({ stage, fraction }) => {
            report(STAGES[stage], stage === 'uploading' ? fraction : undefined);
          },
        },
      );
    });
    if (!result.ok) {
      if (result.error.code === 'cancelled') throw new Cancelled();
      throw new ProblemError(result.error);
    }
    const { job, duplicates } = result.value;
    services.log.info(`Job ${job.id} was created at ${plan.connection.name} on ${plan.model}.`);
    await services.watch.look(plan.connection.id, true);
    await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
    if (duplicates.length > 0) {
      const ids = duplicates.map((duplicate) => duplicate.id).join(', ');
      throw new ProblemError(
        {
          code: 'duplicate-jobs',
          message: `${plan.connection.name} made more than one job of this start (also ${inert(ids)}).`,
          action: 'Cancel the ones that are not wanted in the Jobs view.',
        },
        { title: 'Show Jobs', command: COMMANDS.refreshJobs },
      );
    }
  } catch (error) {
    throw withRemedy(error, plan.connection);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function prepareFiles(
  services: StartServices,
  plan: TuningPlan,
  staging: string,
  signal: AbortSignal,
): Promise<{ readonly training: string; readonly validation: string | null }> {
  switch (plan.validation.kind) {
    case 'none':
      return { training: plan.training, validation: null };
    case 'file':
      return { training: plan.training, validation: plan.validation.path };
    case 'split': {
      await mkdir(staging, { recursive: true });
      const base = path.parse(plan.training).name;
      const target = {
        train: path.join(staging, `${base}.train.jsonl`),
        validation: path.join(staging, `${base}.validation.jsonl`),
      };
      await services.datasets.split(
        plan.training,
        target,
        { validationShare: SPLIT_SHARE, seed: plan.seed ?? 0 },
        signal,
      );
      return { training: target.train, validation: target.validation };
    }
  }
}
