// Question for the validation examples, which measure the model while it learns.
import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import { isTestName, isValidationName, kinship, validationFiles } from '../../../core/dataset/fileNames.ts';
import { browseForFile, folderOf, siblings, toPath } from '../../datasets/files.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import { ProblemError } from '../../ui/errors.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { inspectFor, refuseOtherKind } from './trainingFile.ts';
import { SPLIT_SHARE, type TuningPlan, type ValidationChoice, type WizardServices } from './tuningPlan.ts';

export async function askValidation(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const found = await siblings(plan.training);
  const measuring = validationFiles(plan.training, found);
  const others = found.filter((file) => measuring.includes(file) || !isTestName(file));
  const given = plan.validation.kind === 'file' ? plan.validation.path : null;
  const listed = given !== null && !others.includes(given) ? [given, ...others] : others;
  const proposed = given ?? measuring[0] ?? null;
  const choices: Choice<ValidationChoice | 'browse'>[] = [
    ...listed
      .filter((file) => file === proposed || isValidationName(file) || kinship(plan.training, file) > 0)
      .sort((a, b) => Number(b === proposed) - Number(a === proposed))
      .map((file) => ({
        label: plainText(path.basename(file)),
        description: [file === proposed ? t('proposed') : '', isBeside(file, plan.training) ? '' : folderOf(file)]
          .filter(Boolean)
          .join(' · '),
        value: { kind: 'file' as const, path: file },
      })),
    {
      label: t('Split this file'),
      description: t('sets {0}% of the examples aside; the file does not change', Math.round(SPLIT_SHARE * 100)),
      value: { kind: 'split' },
    },
    // The API requires validation examples for reinforcement jobs.
    ...(plan.method === 'reinforcement'
      ? []
      : [{ label: t('None'), description: t('no validation loss'), value: { kind: 'none' as const } }]),
    { label: `$(folder-opened) ${t('Another file…')}`, value: 'browse' },
  ];
  const chosen = await ui.pick<ValidationChoice | 'browse'>({
    placeholder: t('Which examples should the model be measured on while it learns?'),
    choices,
    active: (value) =>
      value !== 'browse' &&
      (value.kind === 'file'
        ? value.path === proposed
        : proposed === null && value.kind === (plan.validation.kind === 'file' ? 'split' : plan.validation.kind)),
  });
  const validation: ValidationChoice =
    chosen === 'browse'
      ? { kind: 'file', path: toPath(await browseForFile(services.ui, t('Choose the validation file'))) }
      : chosen;
  return withValidation(services, plan, validation);
}

/** Applies the choice to the plan; checks a file and compares it with the training file. @throws ProblemError when it has errors */
export async function withValidation(
  services: WizardServices,
  plan: TuningPlan,
  validation: ValidationChoice,
): Promise<TuningPlan> {
  if (validation.kind !== 'file') return { ...plan, validation, validationSummary: null, leaked: 0, differences: [] };
  return measuredOn(services, plan, validation.path);
}

/**
 * Checks a validation file, compares it with the training file and adds it to the plan.
 * @throws ProblemError when both files do not fit together
 */
export async function measuredOn(services: WizardServices, plan: TuningPlan, file: string): Promise<TuningPlan> {
  if (file === plan.training) {
    throw new ProblemError({
      code: 'same-file',
      message: t('The validation file is the training file, so its loss would tell nothing.'),
      action: t('Choose another file, or split this one.'),
    });
  }
  const { summary, method } = await inspectFor(services.ui, services.datasets, file, {
    countTokens: false,
    forTraining: false,
  });
  refuseOtherKind(file, method, plan.method);
  // Training needs ten examples; a validation file may have fewer.
  await refuseErrors(services.ui, file, summary, ['too-few-examples']);
  if (plan.method !== 'supervised')
    return {
      ...plan,
      validation: { kind: 'file', path: file },
      validationSummary: summary,
      leaked: 0,
      differences: [],
    };
  const leakage = await withCancel(
    services.ui,
    t('Looking for rows of {0} in the training file…', path.basename(file)),
    (signal) => services.datasets.findLeakage(file, plan.training, 1, signal),
  );
  const differences = await withCancel(
    services.ui,
    t('Comparing {0} with the training file…', path.basename(file)),
    (signal) => services.datasets.compareFormats(file, plan.training, signal),
  );
  return {
    ...plan,
    validation: { kind: 'file', path: file },
    validationSummary: summary,
    leaked: leakage.lines.length,
    differences: differences.map(({ message }) => message),
  };
}

/** Tells whether both files are in one folder, where their names alone distinguish them. */
function isBeside(file: string, other: string): boolean {
  return path.dirname(file) === path.dirname(other);
}
