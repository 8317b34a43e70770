import { t } from '../../../core/base/messages.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { validateSeed, validateSuffix } from '../../../core/training/hyperparameters.ts';
import { addConnection } from '../../connections/addConnection.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import { priceOverrides } from '../../config.ts';
import { nameOfDataset } from '../../datasets/files.ts';
import type { Choice, Step, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import { baseModelChoices, type ModelChoice } from './baseModels.ts';
import { askAdvanced, validateWandbName } from './advancedSteps.ts';
import { hyperparameterSteps } from './hyperparameterSteps.ts';
import { askGrader, askMethod, whyNotThere } from './methodSteps.ts';
import { showSummary } from './summaryStep.ts';
import { askValidation } from './validationStep.ts';
import { askAboutWarnings } from './warningsStep.ts';
import { DEFAULT_SEED, warningsOf, type TuningPlan, type WizardServices } from './tuningPlan.ts';

/** Questions of a start, in order; the last one is the summary, whose settings lead back to their questions. */
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
    {
      name: 'warnings',
      applies: (plan) => warningsOf(plan).length > 0,
      run: (plan, ui) => askAboutWarnings(services, plan, ui),
    },
    { name: 'advanced', applies: (plan) => plan.advanced, run: askAdvanced },
    { name: 'summary', run: showSummary },
  ];
}

async function askConnection(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let refused: string | null = null;
  for (;;) {
    const connections = await services.connections.list();
    const add = { label: `$(plug) ${t('Add Connection…')}`, alwaysShow: true, value: null };
    const id = await ui.pick<string | null>({
      placeholder:
        refused === null ? t('Where should it be trained?') : `${refused} ${t('Choose another connection.')}`,
      choices: [
        ...connections.map((connection) => ({
          label: plainText(connection.name),
          description:
            whyNotThere(connection, plan.method) ??
            (connection.kind === 'local' ? t('this machine, free, no key') : connection.baseUrl),
          value: connection.id,
        })),
        add,
      ],
      active: (value) => value === plan.connection.id,
    });
    const connection = id === null ? await addConnection(services) : connections.find((known) => known.id === id);
    if (!connection) continue;
    // The test of the connection may be old, but a job that is sure to be refused is not worth a snapshot and an upload.
    refused = whyNotThere(connection, plan.method);
    if (refused === null) return { ...plan, connection, model: connection.id === plan.connection.id ? plan.model : '' };
  }
}

async function askModel(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let choices: readonly Choice<ModelChoice>[];
  try {
    choices = await withCancel(services.ui, t('Loading models of {0}…', plan.connection.name), async (signal) =>
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
    placeholder: t('Which model should learn from the dataset?'),
    choices,
    active: (value) => value === plan.model,
  });
  if (model !== null) return { ...plan, model };
  const typed = await ui.input({
    prompt: t('Name of the base model, as the provider spells it'),
    value: plan.model,
    validate: (value) => (value.trim() === '' ? t('Enter a name.') : null),
  });
  return { ...plan, model: typed.trim() };
}

async function askSuffix(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const suffix = await ui.input({
    prompt: t("Suffix: part of the model's name (optional)"),
    value:
      plan.suffix ??
      nameOfDataset(plan.training)
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
    prompt: t('Seed: the same seed, file and settings give the same result (empty: the provider chooses)'),
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
    prompt: t('Weights & Biases project for reports (optional; set up at the provider)'),
    value: plan.wandbProject,
    placeholder: t('none'),
    live: true,
    validate: validateWandbName,
  });
  return { ...plan, wandbProject: project.trim() };
}
