// Time and memory of an open-weights job, measured by its trainer before the start.
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { hashOfFile } from '../../../jobs/start/snapshot.ts';
import { EstimateCancelled, estimateTraining } from '../../../openWeights/estimate.ts';
import { placesIn } from '../../../openWeights/places.ts';
import { OpenWeightsError } from '../../../openWeights/problems.ts';
import { task, withRemedies } from '../../openWeights/shared.ts';
import { Cancelled, ProblemError, showProblem } from '../../ui/errors.ts';
import type { StepUi } from '../../ui/multiStep.ts';
import { filesOf, type PlanFiles } from './planFiles.ts';
import { advancedFor, hyperparametersFor, measuredOf, measureKey, type TuningPlan } from './tuningPlan.ts';
import type { WizardServices } from './tuningPlan.ts';
import { warningChoice } from './warningsStep.ts';

/** Plan with what the trainer tells about it; unchanged after a cancel, and not measured after a failure, which is then shown. */
export async function measureHere(services: WizardServices, plan: TuningPlan): Promise<TuningPlan> {
  const { model, method, grader, seed } = plan;
  try {
    const told = await task(services, t('Measuring time and memory on this machine'), (signal, report) => {
      report(t('loading the model and trying a few steps…'));
      return estimateTraining(
        {
          model,
          method,
          hyperparameters: hyperparametersFor(plan),
          advanced: advancedFor(plan),
          grader: method === 'reinforcement' ? (grader?.value ?? null) : null,
          seed,
          files: (folder) => checkedFiles(services, plan, folder, signal),
        },
        { server: placesIn(services.folder).server, env: process.env, signal },
      );
    });
    if (told.kind === 'failed') throw withRemedies(services, new OpenWeightsError(told.problem));
    return { ...plan, measured: { key: measureKey(plan), told } };
  } catch (error) {
    if (error instanceof Cancelled || error instanceof EstimateCancelled) return plan;
    // Not awaited: the answers of the wizard are kept, and its summary comes back at once.
    void showProblem(services, error);
    return { ...plan, measured: null };
  }
}

/** Files of the plan, of the bytes that were checked. @throws ProblemError when they have changed */
async function checkedFiles(
  services: WizardServices,
  plan: TuningPlan,
  folder: string,
  signal: AbortSignal,
): Promise<PlanFiles> {
  const files = await filesOf(services, plan, folder, signal);
  // A split compares by itself.
  if (plan.validation.kind === 'split') return files;
  const { training, validation } = files;
  await refuseChanged(training, plan.trainingSummary.sha256, signal);
  if (validation !== null && plan.validationSummary !== null)
    await refuseChanged(validation, plan.validationSummary.sha256, signal);
  return files;
}

async function refuseChanged(file: string, sha256: string, signal: AbortSignal): Promise<void> {
  if ((await hashOfFile(file, signal)) === sha256) return;
  throw new ProblemError({
    code: 'dataset-changed',
    message: t('{0} has changed since it was checked.', path.basename(file)),
    action: t('Choose it again.'),
  });
}

/** Shows why a job is not started, with the ways to change that. */
export async function askAboutRefusal(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const told = measuredOf(plan);
  if (told?.kind !== 'refused') return plan;
  const { message, action } = told.problem;
  const chosen = await ui.pick<'model' | 'advanced' | 'measure' | null>({
    placeholder: t('This job would be refused, so it was not started'),
    choices: [
      { label: `$(list-unordered) ${t('Choose Another Base Model…')}`, alwaysShow: true, value: 'model' },
      { label: `$(settings-gear) ${t('Change Advanced Settings…')}`, alwaysShow: true, value: 'advanced' },
      {
        label: `$(refresh) ${t('Measure Again')}`,
        description: t('for example after closing other programs'),
        alwaysShow: true,
        value: 'measure',
      },
      { label: t('Reason'), kind: vscode.QuickPickItemKind.Separator },
      warningChoice(message),
      warningChoice(action),
    ],
  });
  // The reason is only text: choosing it asks again.
  return ui.goTo(chosen ?? 'refused', plan);
}
