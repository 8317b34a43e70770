// Question for the validation examples, which measure the model while it learns.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t, tn } from '../../../core/base/messages.ts';
import { isTestName, isValidationName, kinship, validationFiles } from '../../../core/dataset/fileNames.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { DatasetProblem } from '../../datasets/workerCalls.ts';
import { browseForFile, folderOf, siblings, toPath } from '../../datasets/files.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import { ProblemError } from '../../ui/errors.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { inspectFor, refuseOtherKind, type InspectedFile } from './trainingFile.ts';
import {
  NO_OVERLAP,
  overlapInWords,
  SPLIT_SHARE,
  type TuningPlan,
  type ValidationChoice,
  type WizardServices,
} from './tuningPlan.ts';

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
    ...(needsValidation(plan)
      ? []
      : [{ label: t('None'), description: t('no validation loss'), value: { kind: 'none' as const } }]),
    { label: `$(folder-opened) ${t('Another file…')}`, value: 'browse' },
  ];
  const chosen = await ui.pick<ValidationChoice | 'browse'>({
    placeholder: t('Which examples should the model be measured on while it learns?'),
    choices,
    later: (signal) => withCounts(services, plan, choices, signal),
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

/** The API requires validation examples for reinforcement jobs, and a sweep compares its runs by them. */
export function needsValidation({ method, sweep }: Pick<TuningPlan, 'method' | 'sweep'>): boolean {
  return method === 'reinforcement' || sweep !== null;
}

/** Applies the choice to the plan; checks a file and compares it with the training file. @throws ProblemError when it has errors */
export async function withValidation(
  services: WizardServices,
  plan: TuningPlan,
  validation: ValidationChoice,
): Promise<TuningPlan> {
  if (validation.kind !== 'file')
    return { ...plan, validation, validationSummary: null, overlap: NO_OVERLAP, differences: [] };
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
  const { summary, method } = await inspectValidation(services, file);
  refuseOtherKind(file, method, plan.method);
  await refuseErrors(services.ui, file, summary, TOLERATED);
  return compared(services, plan, file, summary);
}

/** Training needs ten examples; a validation file may have fewer. */
const TOLERATED: readonly string[] = ['too-few-examples'];

function inspectValidation(services: WizardServices, file: string): Promise<InspectedFile> {
  return inspectFor(services.ui, services.datasets, file, { countTokens: false, forTraining: false });
}

/** Adds a checked validation file to the plan, compared with the training file. */
async function compared(
  services: WizardServices,
  plan: TuningPlan,
  file: string,
  summary: DatasetSummary,
): Promise<TuningPlan> {
  if (plan.method !== 'supervised')
    return {
      ...plan,
      validation: { kind: 'file', path: file },
      validationSummary: summary,
      overlap: NO_OVERLAP,
      differences: [],
    };
  const { exact, prompt, near } = await withCancel(
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
    overlap: { exact, prompt, near },
    differences: differences.map(({ message }) => message),
  };
}

/** Files of this size together are read when they are chosen, not for their line in the list. */
const MAX_COUNTED = 256 * 1024 * 1024;

/** The same choices with the numbers of their rows and of those that are also in the training file. */
async function withCounts(
  services: WizardServices,
  plan: TuningPlan,
  choices: readonly Choice<ValidationChoice | 'browse'>[],
  signal: AbortSignal,
): Promise<readonly Choice<ValidationChoice | 'browse'>[]> {
  const counted: Choice<ValidationChoice | 'browse'>[] = [];
  for (const choice of choices) {
    const { value } = choice;
    const counts =
      value === 'browse' || value.kind !== 'file' ? null : await countsOf(services, plan, value.path, signal);
    counted.push(
      counts === null
        ? choice
        : { ...choice, description: [counts, choice.description ?? ''].filter(Boolean).join(' · ') },
    );
  }
  return counted;
}

async function countsOf(
  { datasets }: WizardServices,
  plan: TuningPlan,
  file: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const [own, other] = await Promise.all([stat(plan.training), stat(file)]);
    if (own.size + other.size > MAX_COUNTED) return t('{0}, counted when it is chosen', bytesInWords(other.size));
    const { examples, findings } = await datasets.inspect({ path: file }, { countTokens: false }, signal);
    const rows = tn(examples, '{0} row', '{0} rows');
    if (plan.method !== 'supervised') return rows;
    const errors = findings.filter(({ severity, code }) => severity === 'error' && !TOLERATED.includes(code));
    if (errors.length > 0) return `${rows} · ${t('with errors')}`;
    return `${rows} · ${overlapInWords(await datasets.findLeakage(file, plan.training, 1, signal))}`;
  } catch {
    // The reason is told when the file is chosen.
    return signal.aborted ? null : t('cannot be read');
  }
}

/**
 * Plan with the proposed validation examples: the file whose name fits best, checked and compared, or else none (a split where they
 * are required). Null when that file has errors or rows of another kind, so that the user has to choose.
 */
export async function withProposedValidation(services: WizardServices, plan: TuningPlan): Promise<TuningPlan | null> {
  const [file] = validationFiles(plan.training, await siblings(plan.training));
  if (file === undefined) return needsValidation(plan) ? { ...plan, validation: { kind: 'split' } } : plan;
  try {
    const { summary, method } = await inspectValidation(services, file);
    const isGood = !summary.findings.some(({ severity, code }) => severity === 'error' && !TOLERATED.includes(code));
    return isGood && method === plan.method ? await compared(services, plan, file, summary) : null;
  } catch (error) {
    if (error instanceof DatasetProblem) return null;
    throw error;
  }
}

/** Tells whether both files are in one folder, where their names alone distinguish them. */
function isBeside(file: string, other: string): boolean {
  return path.dirname(file) === path.dirname(other);
}
