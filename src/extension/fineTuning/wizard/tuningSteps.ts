import path from 'node:path';
import { profileOf } from '../../../core/provider/profiles.ts';
import { validateSeed, validateSuffix } from '../../../core/training/hyperparameters.ts';
import { addConnection } from '../../connections/addConnection.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import { priceOverrides } from '../../config.ts';
import { datasetName, isTestName, isValidationName, kinship } from '../../../core/dataset/fileNames.ts';
import { browseForFile, folderOf, siblings, toPath } from '../../datasets/files.ts';
import { ProblemError } from '../../ui/errors.ts';
import type { Choice, Step, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import { baseModelChoices, type ModelChoice } from './baseModels.ts';
import { askAdvanced, validateWandbName } from './advancedSteps.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import { hyperparameterSteps } from './hyperparameterSteps.ts';
import { askGrader, askMethod, whyNotThere } from './methodSteps.ts';
import { askAboutWarnings, showSummary } from './summaryStep.ts';
import { inspectFor, refuseOtherKind } from './trainingFile.ts';
import {
  DEFAULT_SEED,
  SPLIT_SHARE,
  warningsOf,
  type TuningPlan,
  type ValidationChoice,
  type WizardServices,
} from './tuningPlan.ts';

/** The questions of a start, in order; the last one is the summary, where a line leads back to its question. */
export function tuningSteps(services: WizardServices): readonly Step<TuningPlan>[] {
  return [
    { name: 'connection', run: (plan, ui) => askConnection(services, plan, ui) },
    { name: 'method', applies: (plan) => plan.method !== 'supervised', run: askMethod },
    { name: 'model', run: (plan, ui) => askModel(services, plan, ui) },
    { name: 'validation', run: (plan, ui) => askValidation(services, plan, ui) },
    {
      name: 'grader',
      applies: (plan) => plan.method === 'reinforcement',
      run: (plan, ui) => askGrader(services, plan, ui),
    },
    ...hyperparameterSteps(),
    { name: 'suffix', run: askSuffix },
    { name: 'seed', run: askSeed },
    { name: 'wandb', applies: (plan) => profileOf(plan.connection.kind).wandb, run: askWandb },
    { name: 'warnings', applies: (plan) => warningsOf(plan).length > 0, run: askAboutWarnings },
    { name: 'advanced', applies: (plan) => plan.advanced, run: askAdvanced },
    { name: 'summary', run: showSummary },
  ];
}

async function askConnection(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let refused: string | null = null;
  for (;;) {
    const connections = await services.connections.list();
    const add = { label: '$(plug) Add Connection…', alwaysShow: true, value: null };
    const id = await ui.pick<string | null>({
      placeholder: refused === null ? 'Where should it be trained?' : `${refused} Choose another connection.`,
      choices: [
        ...connections.map((connection) => ({
          label: plainText(connection.name),
          description:
            whyNotThere(connection, plan.method) ??
            (connection.kind === 'local' ? 'this machine, free, no key' : connection.baseUrl),
          value: connection.id,
        })),
        add,
      ],
      active: (value) => value === plan.connection.id,
    });
    const connection = id === null ? await addConnection(services) : connections.find((known) => known.id === id);
    if (!connection) continue;
    // What was found out about it may be old, but a job that is sure to be refused is not paid for with a snapshot and an upload.
    refused = whyNotThere(connection, plan.method);
    if (refused === null) return { ...plan, connection, model: connection.id === plan.connection.id ? plan.model : '' };
  }
}

async function askModel(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let choices: readonly Choice<ModelChoice>[];
  try {
    choices = await withCancel(services.ui, `Asking ${plan.connection.name} for its models…`, async (signal) =>
      baseModelChoices(
        plan.connection,
        await services.providers.get(plan.connection.id),
        priceTable(priceOverrides()),
        signal,
      ),
    );
  } catch (error) {
    throw withRemedy(error, plan.connection);
  }
  const model = await ui.pick<ModelChoice>({
    placeholder: 'Which model should learn from the dataset?',
    choices,
    active: (value) => value === plan.model,
  });
  if (model !== null) return { ...plan, model };
  const typed = await ui.input({
    prompt: 'The name of the base model, as the provider spells it',
    value: plan.model,
    validate: (value) => (value.trim() === '' ? 'Enter a name.' : null),
  });
  return { ...plan, model: typed.trim() };
}

async function askValidation(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const others = (await siblings(plan.training)).filter((file) => !isTestName(file));
  const given = plan.validation.kind === 'file' ? plan.validation.path : null;
  const listed = given !== null && !others.includes(given) ? [given, ...others] : others;
  const proposed = given ?? listed.find((file) => isValidationName(file) && kinship(plan.training, file) > 0) ?? null;
  const choices: Choice<ValidationChoice | 'browse'>[] = [
    ...listed
      .filter((file) => file === proposed || isValidationName(file) || kinship(plan.training, file) > 0)
      .sort((a, b) => Number(b === proposed) - Number(a === proposed))
      .map((file) => ({
        label: plainText(path.basename(file)),
        description: file === proposed ? 'proposed' : folderOf(file),
        value: { kind: 'file' as const, path: file },
      })),
    {
      label: 'Split this file',
      description: `sets ${String(Math.round(SPLIT_SHARE * 100))} % of the examples aside; the file stays as it is`,
      value: { kind: 'split' },
    },
    // The API takes no reinforcement job without.
    ...(plan.method === 'reinforcement'
      ? []
      : [{ label: 'None', description: 'no validation loss', value: { kind: 'none' as const } }]),
    { label: '$(folder-opened) Another file…', value: 'browse' },
  ];
  const chosen = await ui.pick<ValidationChoice | 'browse'>({
    placeholder: 'Which examples should the model be measured on while it learns?',
    choices,
    active: (value) =>
      value !== 'browse' &&
      (value.kind === 'file'
        ? value.path === proposed
        : proposed === null && value.kind === (plan.validation.kind === 'file' ? 'split' : plan.validation.kind)),
  });
  const validation: ValidationChoice =
    chosen === 'browse'
      ? { kind: 'file', path: toPath(await browseForFile(services.ui, 'Choose the validation file')) }
      : chosen;
  return withValidation(services, plan, validation);
}

/** The plan with a validation file that is checked and held against the training file. @throws ProblemError when it has errors */
export async function withValidation(
  services: WizardServices,
  plan: TuningPlan,
  validation: ValidationChoice,
): Promise<TuningPlan> {
  if (validation.kind !== 'file') return { ...plan, validation, validationSummary: null, leaked: 0, differences: [] };
  const { path: file } = validation;
  if (file === plan.training) {
    throw new ProblemError({
      code: 'same-file',
      message: 'The validation file is the training file, so its loss would say nothing.',
      action: 'Choose another file, or let this one be split.',
    });
  }
  const { summary, method } = await inspectFor(services.ui, services.datasets, file, {
    countTokens: false,
    forTraining: false,
  });
  refuseOtherKind(file, method, plan.method);
  // Ten examples are what training needs; a validation file may have fewer.
  await refuseErrors(services.ui, file, summary, ['too-few-examples']);
  if (plan.method !== 'supervised')
    return { ...plan, validation, validationSummary: summary, leaked: 0, differences: [] };
  const leakage = await withCancel(
    services.ui,
    `Looking for rows of ${path.basename(file)} in the training file…`,
    (signal) => services.datasets.findLeakage(file, plan.training, 1, signal),
  );
  const differences = await withCancel(
    services.ui,
    `Comparing ${path.basename(file)} with the training file…`,
    (signal) => services.datasets.compareFormats(file, plan.training, signal),
  );
  return {
    ...plan,
    validation,
    validationSummary: summary,
    leaked: leakage.lines.length,
    differences: differences.map(({ message }) => message),
  };
}

async function askSuffix(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const suffix = await ui.input({
    prompt: "Suffix: a word that will stand in the model's name (optional)",
    value:
      plan.suffix ??
      datasetName(plan.training)
        .replace(/[^A-Za-z0-9_-]+/g, '')
        .slice(0, 18),
    live: true,
    validate: (value) => {
      const parsed = validateSuffix(value, profileOf(plan.connection.kind).suffix);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
  return { ...plan, suffix: suffix.trim() };
}

async function askSeed(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: 'Seed: the same seed, file and settings give the same run (empty: the provider chooses)',
    value: plan.seed === null ? '' : String(plan.seed ?? DEFAULT_SEED),
    live: true,
    validate: (value) => {
      const parsed = validateSeed(value);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
  const parsed = validateSeed(typed);
  return parsed.ok ? { ...plan, seed: parsed.value } : plan;
}

async function askWandb(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const project = await ui.input({
    prompt: 'Weights & Biases project to report to (optional; set up at the provider)',
    value: plan.wandbProject,
    placeholder: 'empty: none',
    live: true,
    validate: validateWandbName,
  });
  return { ...plan, wandbProject: project.trim() };
}
