import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { listOf, t } from '../../core/base/messages.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { profileOf } from '../../core/provider/profiles.ts';
import { checkAdvanced } from '../../core/training/advanced.ts';
import { nameOfDataset } from '../datasets/files.ts';
import { EARLY_STOP_METADATA } from '../../core/training/earlyStop.ts';
import type { AdvancedSettings, WandbTarget } from '../../core/training/job.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import { startJob, type StartedJob, type StartJobInput, type StartStage } from '../../jobs/start/startJob.ts';
import { opensOnStart } from '../config.ts';
import { COMMANDS, INTERNAL, VIEWS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { graderNow } from './wizard/methodSteps.ts';
import { quotedPrice } from '../../core/training/jobCost.ts';
import { plannedCost } from './wizard/plannedCost.ts';
import { filesOf, type PlanFiles } from './wizard/planFiles.ts';
import { advancedFor, canStopEarly, hyperparametersFor, splitSeedOf, type TuningPlan } from './wizard/tuningPlan.ts';
import type { WizardServices } from './wizard/tuningPlan.ts';

export type StartServices = WizardServices & Pick<Services, 'folder' | 'jobs' | 'watch' | 'log' | 'starts' | 'panels'>;

/** Message of the progress notification. */
export function progressText(stage: StartStage): string {
  switch (stage) {
    case 'reading':
      return t('reading the dataset…');
    case 'uploading':
      return t('uploading…');
    case 'creating':
      return t('creating the job…');
    case 'processing':
      return t('waiting until the provider has processed the files…');
    case 'reconciling':
      return t('the response was lost; looking for the job at the provider…');
  }
}

/** Dataset of the user, when the upload is a copy of it. */
export interface SourceFacts {
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  /** Seed of the split, when the copy is a part of the dataset. */
  readonly splitSeed: number | null;
  /** Name of the new job in the trees; null: its suffix, or the dataset's name. */
  readonly name: string | null;
}

/** Takes a snapshot, uploads it, creates the job and watches it. */
export async function runStart(services: StartServices, plan: TuningPlan, source?: SourceFacts): Promise<void> {
  const intentId = newIntentId();
  const name = nameOf(plan, source);
  const grader = await graderNow(services, plan);
  // Before anything is read or copied.
  fittingAdvanced(plan);
  const staging = path.join(services.folder, 'staging', intentId);
  try {
    const result = await withCancel(services.ui, t('Starting {0}', name), async (signal, report) => {
      report(t('preparing…'), 0);
      const files = await filesOf(services, plan, staging, signal);
      const provider = await services.providers.get(plan.connection.id);
      const input = startInput(plan, files, { grader, source });
      return startJob(
        // Parts of a split are made of the checked bytes.
        { intentId, ...input, ...(plan.validation.kind === 'split' ? {} : { checked: checkedOf(plan) }) },
        {
          provider,
          folder: services.folder,
          jobs: services.jobs,
          signal,
          onProgress: ({ stage, fraction }) => {
            report(progressText(stage), stage === 'uploading' ? fraction : undefined);
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
    // Unfinished starts are offered in the tree.
    await services.starts.refresh();
  }
}

function nameOf({ suffix, training }: TuningPlan, source: SourceFacts | undefined): string {
  return source?.name ?? (suffix || nameOfDataset(training));
}

/** Input of a start by the plan. @throws ProblemError when the settings of the trainer do not fit */
export function startInput(
  plan: TuningPlan,
  files: PlanFiles,
  { grader, source }: { readonly grader?: unknown; readonly source?: SourceFacts | undefined } = {},
): Omit<StartJobInput, 'intentId'> {
  const advanced = fittingAdvanced(plan);
  return {
    connectionId: plan.connection.id,
    model: plan.model,
    trainingFile: files.training,
    validationFile: files.validation,
    method: {
      name: plan.method,
      hyperparameters: hyperparametersFor(plan),
      ...(grader === undefined ? {} : { grader }),
      ...(Object.keys(advanced).length === 0 ? {} : { advanced }),
    },
    suffix: plan.suffix || null,
    seed: plan.seed ?? null,
    wandb: wandbOf(plan),
    metadata: plan.stopEarly && canStopEarly(plan) ? { ...plan.metadata, ...EARLY_STOP_METADATA } : plan.metadata,
    name: nameOf(plan, source),
    local: {
      priceEstimate: quotedPrice(plan.connection, plannedCost(plan).estimate),
      answerPrefix: plan.trainingSummary.answers.commonPrefix,
      examples: plan.trainingSummary.examples,
      sourcePath: source === undefined ? plan.training : source.sourcePath,
      splitSeed: splitSeedOf(plan) ?? source?.splitSeed ?? null,
      sourceSha256: source === undefined ? plan.trainingSummary.sha256 : source.sourceSha256,
    },
  };
}

/** Settings of the open-weights trainer. @throws ProblemError when they do not fit the batch size, which may have been changed after them */
function fittingAdvanced(plan: TuningPlan): AdvancedSettings {
  const { method, hyperparameters } = plan;
  const checked = checkAdvanced(advancedFor(plan), { method, batchSize: hyperparameters.batch_size });
  if (checked.ok) return checked.value;
  const action = t('Change the batch size or the setting under Advanced….');
  throw new ProblemError({ code: 'bad-setting', message: checked.error.message, action });
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

/** Shows the new job in the tree, opens its charts where the setting wants it, and reports duplicates. */
export async function showStarted(
  services: Pick<Services, 'log' | 'watch' | 'panels'>,
  connection: Pick<Connection, 'id' | 'name'>,
  { job, duplicates }: StartedJob,
): Promise<void> {
  services.log.info(`Job ${job.id} was created at ${connection.name} on ${job.model}.`);
  await services.watch.look(connection.id, true);
  const ref = { connectionId: connection.id, jobId: job.id };
  await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
  await vscode.commands.executeCommand(INTERNAL.revealJob, ref);
  if (opensOnStart()) await services.panels.openJob(ref);
  if (duplicates.length === 0) return;
  const ids = listOf(duplicates.map(({ id }) => inert(id)));
  throw new ProblemError(
    {
      code: 'duplicate-jobs',
      message: t('{0} created more than one job for this start; the others are {1}.', connection.name, ids),
      action: t('Cancel the extra jobs in the Jobs view.'),
    },
    { title: t('Show Jobs'), command: COMMANDS.refreshJobs },
  );
}
