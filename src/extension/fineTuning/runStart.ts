import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Connection } from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { nameOfDataset } from '../datasets/files.ts';
import type { WandbTarget } from '../../core/training/job.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import { startJob, type StartedJob, type StartJobInput, type StartStage } from '../../jobs/start/startJob.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { graderNow } from './wizard/methodSteps.ts';
import { plannedCost } from './wizard/plannedCost.ts';
import { hyperparametersFor, SPLIT_SHARE, splitSeedOf, type TuningPlan } from './wizard/tuningPlan.ts';
import type { WizardServices } from './wizard/tuningPlan.ts';

export type StartServices = WizardServices & Pick<Services, 'folder' | 'jobs' | 'watch' | 'log' | 'starts'>;

export const STAGES: Readonly<Record<StartStage, string>> = {
  reading: 'reading the dataset…',
  uploading: 'uploading…',
  creating: 'creating the job…',
  reconciling: 'the answer was lost; looking for the job at the provider…',
};

/** The dataset as the person knows it, when what is uploaded is a copy of it. */
export interface SourceFacts {
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  /** The copy is a part of the dataset, split by this seed. */
  readonly splitSeed: number | null;
  /** What the trees call the new job; null: its suffix, or the dataset's name. */
  readonly name: string | null;
}

/** Snapshot, upload, create, watch. */
export async function runStart(services: StartServices, plan: TuningPlan, source?: SourceFacts): Promise<void> {
  const intentId = newIntentId();
  const name = source?.name ?? (plan.suffix || nameOfDataset(plan.training));
  const grader = await graderNow(services, plan);
  const staging = path.join(services.folder, 'staging', intentId);
  try {
    const result = await withCancel(services.ui, `Starting ${name}`, async (signal, report) => {
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
          // The parts of a split are made of the bytes that were checked.
          ...(plan.validation.kind === 'split' ? {} : { checked: checkedOf(plan) }),
          method: {
            name: plan.method,
            hyperparameters: hyperparametersFor(plan.method, plan.hyperparameters),
            ...(grader === undefined ? {} : { grader }),
          },
          suffix: plan.suffix || null,
          seed: plan.seed ?? null,
          wandb: wandbOf(plan),
          metadata: plan.metadata,
          name,
          local: {
            priceEstimate: plannedCost(plan).estimate.usd,
            answerPrefix: plan.trainingSummary.answers.commonPrefix,
            examples: plan.trainingSummary.examples,
            sourcePath: source === undefined ? plan.training : source.sourcePath,
            splitSeed: splitSeedOf(plan) ?? source?.splitSeed ?? null,
            sourceSha256: source === undefined ? plan.trainingSummary.sha256 : source.sourceSha256,
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
    await showStarted(services, plan.connection, result.value);
  } catch (error) {
    throw withRemedy(error, plan.connection);
  } finally {
    await rm(staging, { recursive: true, force: true });
    // What did not get to the end is offered again in the tree.
    await services.starts.refresh();
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
        { validationShare: SPLIT_SHARE, seed: splitSeedOf(plan) ?? 0, sha256: plan.trainingSummary.sha256 },
        signal,
      );
      return { training: target.train, validation: target.validation };
    }
  }
}

function checkedOf({ trainingSummary, validationSummary }: TuningPlan): NonNullable<StartJobInput['checked']> {
  const validation = validationSummary?.sha256;
  return { training: trainingSummary.sha256, ...(validation === undefined ? {} : { validation }) };
}

function wandbOf(plan: TuningPlan): WandbTarget | null {
  if (plan.wandbProject === '' || !profileOf(plan.connection.kind).wandb) return null;
  const { entity, name, tags } = plan.wandb;
  return { project: plan.wandbProject, entity: entity || null, name: name || null, tags };
}

/** The new job in the tree, and what has to be known of it. */
export async function showStarted(
  services: Pick<Services, 'log' | 'watch'>,
  connection: Pick<Connection, 'id' | 'name'>,
  { job, duplicates }: StartedJob,
): Promise<void> {
  services.log.info(`Job ${job.id} was created at ${connection.name} on ${job.model}.`);
  await services.watch.look(connection.id, true);
  await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
  if (duplicates.length === 0) return;
  const ids = duplicates.map((duplicate) => duplicate.id).join(', ');
  throw new ProblemError(
    {
      code: 'duplicate-jobs',
      message: `${connection.name} made more than one job of this start (also ${inert(ids)}).`,
      action: 'Cancel the ones that are not wanted in the Jobs view.',
    },
    { title: 'Show Jobs', command: COMMANDS.refreshJobs },
  );
}
