import path from 'node:path';
import * as vscode from 'vscode';
import { automaticEpochs, dollars, estimateCost, type CostEstimate } from '../../core/cost/estimate.ts';
import { validateHyperparameter, validateSeed, validateSuffix } from '../../core/training/hyperparameters.ts';
import { isFree } from '../../core/localModel.ts';
import { addConnection } from '../commands/addConnection.ts';
import { priceOverrides } from '../config.ts';
import { datasetName, isTestName, isValidationName, kinship } from '../../core/dataset/fileNames.ts';
import { browseForFile, folderOf, siblings, toPath } from '../datasetFiles.ts';
import { ProblemError } from '../errors.ts';
import type { Choice, Step, StepUi } from '../multiStep.ts';
import { plainText } from '../plainText.ts';
import { withCancel } from '../progress.ts';
import { withRemedy } from '../providers.ts';
import type { Services } from '../services.ts';
import { baseModelChoices, priceTable, type ModelChoice } from './baseModels.ts';
import { refuseErrors } from './findings.ts';
import {
  AUTOMATIC,
  count,
  DEFAULT_SEED,
  hyperparametersInWords,
  isAutomatic,
  SPLIT_SHARE,
  validationInWords,
  warningsOf,
  type TuningPlan,
  type ValidationChoice,
} from './tuningPlan.ts';

export type WizardServices = Pick<Services, 'connections' | 'keys' | 'providers' | 'datasets'>;

/** The questions of a start, in order; the last one is the summary, where a line leads back to its question. */
export function tuningSteps(services: WizardServices): readonly Step<TuningPlan>[] {
  return [
    { name: 'connection', run: (plan, ui) => askConnection(services, plan, ui) },
    { name: 'model', run: (plan, ui) => askModel(services, plan, ui) },
    { name: 'validation', run: (plan, ui) => askValidation(services, plan, ui) },
    { name: 'hyperparameters', run: askHyperparameters },
    ...(['n_epochs', 'batch_size', 'learning_rate_multiplier'] as const).map((name): Step<TuningPlan> => ({
      name,
      applies: (plan) => !plan.automatic,
      run: (plan, ui) => askHyperparameter(name, plan, ui),
    })),
    { name: 'suffix', run: askSuffix },
    { name: 'seed', run: askSeed },
    { name: 'wandb', applies: (plan) => plan.connection.kind !== 'local', run: askWandb },
    { name: 'warnings', applies: (plan) => warningsOf(plan).length > 0, run: askAboutWarnings },
    { name: 'summary', run: showSummary },
  ];
}

async function askConnection(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  for (;;) {
    const connections = await services.connections.list();
    const add = { label: '$(plug) Add Connection…', alwaysShow: true, value: null };
    const id = await ui.pick<string | null>({
      placeholder: 'Where should it be trained?',
      choices: [
        ...connections.map((connection) => ({
          label: connection.name,
          description: connection.kind === 'local' ? 'this machine, free, no key' : connection.baseUrl,
          value: connection.id,
        })),
        add,
      ],
      active: (value) => value === plan.connection.id,
    });
    const connection = id === null ? await addConnection(services) : connections.find((known) => known.id === id);
    if (connection) return { ...plan, connection, model: connection.id === plan.connection.id ? plan.model : '' };
  }
}

async function askModel(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let choices: readonly Choice<ModelChoice>[];
  try {
    choices = await withCancel(`Asking ${plan.connection.name} for its models…`, async (signal) =>
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
    { label: 'None', description: 'no validation loss', value: { kind: 'none' } },
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
    chosen === 'browse' ? { kind: 'file', path: toPath(await browseForFile('Choose the validation file')) } : chosen;
  if (validation.kind !== 'file') return { ...plan, validation, validationSummary: null, leaked: 0, differences: [] };
  const { path: file } = validation;
  if (file === plan.training) {
    throw new ProblemError({
      code: 'same-file',
      message: 'The validation file is the training file, so its loss would say nothing.',
      action: 'Choose another file, or let this one be split.',
    });
  }
  const summary = await withCancel(`Checking ${path.basename(file)}…`, (signal) =>
    services.datasets.inspect({ path: file }, { countTokens: false }, signal),
  );
  // Ten examples are what training needs; a validation file may have fewer.
  await refuseErrors(file, summary, ['too-few-examples']);
  const leakage = await withCancel(`Looking for rows of ${path.basename(file)} in the training file…`, (signal) =>
    services.datasets.findLeakage(file, plan.training, 1, signal),
  );
  const differences = await withCancel(`Comparing ${path.basename(file)} with the training file…`, (signal) =>
    services.datasets.compareFormats(file, plan.training, signal),
  );
  return {
    ...plan,
    validation,
    validationSummary: summary,
    leaked: leakage.lines.length,
    differences: differences.map(({ message }) => message),
  };
}

async function askHyperparameters(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const automatic = await ui.pick<boolean>({
    placeholder: 'Epochs, batch size and learning rate',
    choices: [
      { label: 'Automatic', description: 'the provider chooses', value: true },
      {
        label: 'Set them…',
        description: isAutomatic(plan.hyperparameters) ? '' : hyperparametersInWords(plan.hyperparameters),
        value: false,
      },
    ],
    active: (value) => value === plan.automatic,
  });
  return { ...plan, automatic, hyperparameters: automatic ? AUTOMATIC : plan.hyperparameters };
}

type CommonName = 'n_epochs' | 'batch_size' | 'learning_rate_multiplier';

const PROMPTS: Readonly<Record<CommonName, string>> = {
  n_epochs: 'Epochs: how often every example is seen (1 … 50), or auto',
  batch_size: 'Batch size: examples a step (1 … 256), or auto',
  learning_rate_multiplier: "Learning rate multiplier: times the provider's own rate (above 0), or auto",
};

async function askHyperparameter(name: CommonName, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: PROMPTS[name],
    value: String(plan.hyperparameters[name]),
    validate: (value) => {
      const parsed = validateHyperparameter(name, value);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
  const parsed = validateHyperparameter(name, typed);
  return parsed.ok ? { ...plan, hyperparameters: { ...plan.hyperparameters, [name]: parsed.value } } : plan;
}

async function askSuffix(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const suffix = await ui.input({
    prompt: "Suffix: a word that will stand in the model's name (optional)",
    value:
      plan.suffix ??
      datasetName(plan.training)
        .replace(/[^A-Za-z0-9_-]+/g, '')
        .slice(0, 18),
    validate: (value) => {
      const parsed = validateSuffix(value);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
  return { ...plan, suffix: suffix.trim() };
}

async function askSeed(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: 'Seed: the same seed, file and settings give the same run (empty: the provider chooses)',
    value: plan.seed === null ? '' : String(plan.seed ?? DEFAULT_SEED),
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
    validate: (value) =>
      /^[\w.-]{0,128}$/.test(value.trim()) ? null : 'Letters, digits, hyphens, dots and underscores only.',
  });
  return { ...plan, wandbProject: project.trim() };
}

export interface PlannedCost {
  readonly epochs: number;
  readonly estimate: CostEstimate;
}

/** What the job would train and cost. The provider may choose other epochs when they are automatic. */
export function plannedCost(plan: TuningPlan): PlannedCost {
  const share = plan.validation.kind === 'split' ? 1 - SPLIT_SHARE : 1;
  const { n_epochs } = plan.hyperparameters;
  const epochs = n_epochs === 'auto' ? automaticEpochs(Math.round(plan.trainingSummary.examples * share)) : n_epochs;
  const tokens = (plan.trainingSummary.tokens ?? 0) * share;
  const kind = isFree(plan.connection, plan.model) ? 'local' : plan.connection.kind;
  const estimate = estimateCost(plan.model, tokens, epochs, { connection: kind, prices: priceTable(priceOverrides()) });
  // The local engine chooses its epochs by the validation loss, so only the price is known beforehand.
  const unknownEpochs = kind === 'local' && n_epochs === 'auto';
  return { epochs, estimate: unknownEpochs ? { ...estimate, sentence: 'Free: trained on this machine.' } : estimate };
}

/** Warnings ask: nothing is started past them without somebody having read them. */
async function askAboutWarnings(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const warnings = warningsOf(plan);
  const shown = warnings.slice(0, 20);
  const more = warnings.length - shown.length;
  await ui.pick<null>({
    placeholder: `${count(warnings.length)} ${warnings.length === 1 ? 'thing' : 'things'} to know before this is trained`,
    choices: [
      { label: '$(arrow-right) Go on all the same', alwaysShow: true, value: null },
      { label: 'What was found', kind: vscode.QuickPickItemKind.Separator },
      ...shown.map((warning) => ({ label: `$(warning) ${plainText(warning)}`, value: null })),
      ...(more > 0 ? [{ label: `and ${count(more)} more`, value: null }] : []),
    ],
  });
  return plan;
}

async function showSummary(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { epochs, estimate } = plannedCost(plan);
  const automatic = plan.hyperparameters.n_epochs === 'auto';
  const summary = plan.trainingSummary;
  const tokens = summary.tokens === null ? '' : ` · ${count(summary.tokens)} tokens`;
  const warnings = warningsOf(plan);
  const lines: (Choice<string> | vscode.QuickPickItem)[] = [
    { label: '$(play) Start', description: estimate.sentence, alwaysShow: true, value: 'start' },
    { label: 'What will happen', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Examples',
      description: `${path.basename(plan.training)}: ${count(summary.examples)}${tokens}`,
      value: 'summary',
    },
    ...(warnings.length > 0
      ? [
          {
            label: '$(warning) Warnings',
            description: `${count(warnings.length)}: ${warnings[0] ?? ''}`,
            value: 'warnings',
          },
        ]
      : []),
    { label: 'Validation', description: validationInWords(plan), value: 'validation' },
    { label: 'Connection', description: plan.connection.name, value: 'connection' },
    { label: 'Base model', description: plan.model, value: 'model' },
    ...(estimate.usd === null || estimate.usd === 0
      ? []
      : [
          {
            label: 'Price',
            description: `about ${dollars(estimate.usd / epochs)} an epoch, ${dollars(estimate.usd)} in total`,
            value: 'summary',
          },
        ]),
    {
      label: 'Epochs',
      description: !automatic
        ? String(epochs)
        : isFree(plan.connection, plan.model)
          ? 'automatic, chosen by the validation loss'
          : `automatic, ${String(epochs)} expected`,
      value: 'hyperparameters',
    },
    { label: 'Hyperparameters', description: hyperparametersInWords(plan.hyperparameters), value: 'hyperparameters' },
    { label: 'Suffix', description: plan.suffix || 'none', value: 'suffix' },
    {
      label: 'Seed',
      description: plan.seed === null ? "the provider's choice" : String(plan.seed ?? DEFAULT_SEED),
      value: 'seed',
    },
    ...(plan.connection.kind === 'local'
      ? []
      : [{ label: 'Weights & Biases', description: plan.wandbProject || 'none', value: 'wandb' }]),
  ];
  const choice = await ui.pick<string>({ placeholder: 'Start, or choose a line to change it', choices: lines });
  if (choice !== 'start') ui.goTo(choice);
  return plan;
}
