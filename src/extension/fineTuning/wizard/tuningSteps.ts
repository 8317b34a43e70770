import { isServedHere, type Connection } from '../../../core/provider/connection.ts';
import { t } from '../../../core/base/messages.ts';
import { whyRefused } from '../../../core/base/result.ts';
import * as vscode from 'vscode';
import { methodsOf, profileOf } from '../../../core/provider/profiles.ts';
import { isSetUp, placesIn } from '../../../openWeights/places.ts';
import { readRegistry } from '../../../openWeights/registry.ts';
import { COMMANDS } from '../../contributions.ts';
import { validateSeed, validateSuffix } from '../../../core/training/hyperparameters.ts';
import { LOCAL_CONNECTION } from '../../../connections/store.ts';
import { addConnection } from '../../connections/addConnection.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import { priceOverrides } from '../../config.ts';
import { runSteps, type Choice, type StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { runSummaryWizard, type Question } from '../../ui/summaryWizard.ts';
import { Back } from '../../ui/ui.ts';
import { withCancel } from '../../ui/progress.ts';
import { withRemedy } from '../../connections/providers.ts';
import { baseModelChoices, WAY_IN, type ModelChoice } from './baseModels.ts';
import { askAdvanced, validateWandbName } from './advancedSteps.ts';
import { hyperparameterSteps } from './hyperparameterSteps.ts';
import { askGrader, askMethod, whyNoGrader, whyNotThere } from './methodSteps.ts';
import { askAboutRefusal, measureHere } from './measureStep.ts';
import { askMoreData } from './moreDataRow.ts';
import { showSummary } from './summaryStep.ts';
import { showSweepSummary, SWEEP_QUESTIONS } from './sweepSteps.ts';
import { askValidation, needsValidation } from './validationStep.ts';
import { askAboutWarnings } from './warningsStep.ts';
import type { TuningPlan, WizardServices } from './tuningPlan.ts';

/** Questions that may come before the summary. */
const ORDER = ['connection', 'model', 'validation', 'grader', 'suffix'] as const;
export type OpenQuestion = (typeof ORDER)[number];

/** Asks what the plan cannot propose, then shows the summary until *Start*. `first`: questions to ask although they have an answer. */
export function askForPlan(
  services: WizardServices,
  title: string,
  initial: TuningPlan,
  first: readonly OpenQuestion[],
): Promise<TuningPlan> {
  const { ui } = services;
  const ask =
    (question: (services: WizardServices, plan: TuningPlan, ui: StepUi) => Promise<TuningPlan>): Question<TuningPlan> =>
    (plan, stepUi) =>
      question(services, plan, stepUi);
  const opening = ORDER.filter(
    (name) => first.includes(name) || !isAnswered(name, initial) || (name === 'model' && first.includes('connection')),
  );
  return runSummaryWizard(
    ui,
    {
      title,
      summary: (plan, stepUi) =>
        plan.sweep === null ? showSummary(plan, stepUi) : showSweepSummary(plan, plan.sweep, stepUi),
      order: ORDER,
      isAnswered,
      questions: {
        connection: ask(askConnection),
        model: ask(askModel),
        method: askMethod,
        validation: ask(askValidation),
        grader: ask(askGrader),
        hyperparameters: (plan) => runSteps(ui, title, plan, hyperparameterSteps(), undefined, true),
        stopEarly: askStopEarly,
        suffix: askSuffix,
        seed: askSeed,
        wandb: askWandb,
        warnings: ask(askAboutWarnings),
        measure: (plan) => measureHere(services, plan),
        moreData: (plan) => askMoreData(services, plan),
        refused: askAboutRefusal,
        advanced: askAdvanced,
        ...SWEEP_QUESTIONS,
      },
    },
    initial,
    { first, opening },
  );
}

function isAnswered(name: string, plan: TuningPlan): boolean {
  switch (name) {
    case 'model':
      return plan.model !== '' && methodsOf(profileOf(plan.connection.kind), plan.model).includes(plan.method);
    case 'grader':
      return (
        plan.method !== 'reinforcement' ||
        (plan.grader !== null && whyNoGrader(plan.connection, plan.grader.value) === null)
      );
    case 'validation':
      return !needsValidation(plan) || plan.validation.kind !== 'none';
    case 'suffix':
      return validateSuffix(plan.suffix, profileOf(plan.connection.kind).suffix).ok;
    default:
      return true;
  }
}

/**
 * Plan with the only connection that can train by the method and its only base model, and the question to ask where there are
 * several or none.
 */
export async function withProposedConnection(
  services: WizardServices,
  plan: TuningPlan,
): Promise<{ readonly plan: TuningPlan; readonly first: readonly OpenQuestion[] }> {
  const [connection, ...others] = (await services.connections.list()).filter(
    (known) => whyNotThere(known, plan.method) === null,
  );
  if (connection === undefined || others.length > 0) return { plan, first: ['connection'] };
  const proposed = { ...plan, connection, model: '' };
  if (!isServedHere(connection)) return { plan: proposed, first: [] };
  return { plan: { ...proposed, model: onlyModel(await modelsOf(services, proposed)) ?? '' }, first: [] };
}

/** Plan for this machine, with its only base model. */
export async function withLocalModel(services: WizardServices, plan: TuningPlan): Promise<TuningPlan> {
  const local = { ...plan, connection: LOCAL_CONNECTION };
  return { ...local, model: onlyModel(await modelsOf(services, local)) ?? '' };
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
            whyRefusedThere(connection, plan) ??
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
    refused = whyRefusedThere(connection, plan);
    if (refused === null) return { ...plan, connection, model: connection.id === plan.connection.id ? plan.model : '' };
  }
}

/** Why a connection cannot train the plan; null where it can. */
function whyRefusedThere(connection: Connection, { method, sweep }: TuningPlan): string | null {
  if (sweep !== null && !isServedHere(connection))
    return t('Sweeps run on this machine and on Ray clusters, where no provider bills them.');
  return whyNotThere(connection, method);
}

async function modelsOf(services: WizardServices, plan: TuningPlan): Promise<readonly Choice<ModelChoice>[]> {
  try {
    return await withCancel(services.ui, t('Loading models of {0}…', plan.connection.name), async (signal) =>
      baseModelChoices(
        plan.connection,
        await services.providers.get(plan.connection.id),
        priceTable(priceOverrides()),
        signal,
        { method: plan.method, isSetUp: isSetUp(services.folder) },
      ),
    );
  } catch (error) {
    throw withRemedy(error, plan.connection);
  }
}

/** The model where there is no choice; null where the user has one. */
function onlyModel(choices: readonly Choice<ModelChoice>[]): string | null {
  const names = choices.map(({ value }) => value).filter((value) => value !== WAY_IN);
  return names.length === 1 ? (names[0] ?? null) : null;
}

async function askModel(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const choices = await modelsOf(services, plan);
  // A question with one answer is none; the summary shows it.
  const only = plan.model === '' ? onlyModel(choices) : null;
  if (only !== null) return { ...plan, model: only };
  const model = await ui.pick<ModelChoice>({
    placeholder: t('Which model should learn from the dataset?'),
    choices,
    active: (value) => value === plan.model,
  });
  if (model === WAY_IN) {
    const added = await addedModel(services);
    // The set-up or the model was canceled, or failed and said so: back to where the question came from, and not to the question itself.
    if (added === null) throw new Back();
    return { ...plan, model: added };
  }
  if (model !== null) return { ...plan, model };
  const typed = await ui.input({
    prompt: t('Name of the base model, as the provider spells it'),
    value: plan.model,
    validate: (value) => (value.trim() === '' ? t('Enter a name.') : null),
  });
  return { ...plan, model: typed.trim() };
}

/**
 * Sets open-weights training up where it is not, then adds a model. Each of both tells by itself what went wrong.
 * @returns the name of the model, also of one that was in the list and was added again; null when none was added
 */
async function addedModel({ folder }: Pick<WizardServices, 'folder'>): Promise<string | null> {
  if (!isSetUp(folder)) await vscode.commands.executeCommand(COMMANDS.setUpOpenWeights, 'quietly');
  if (!isSetUp(folder)) return null;
  const { server } = placesIn(folder);
  const before = await readRegistry(server);
  await vscode.commands.executeCommand(COMMANDS.addOpenWeightsModel);
  const isOld = (id: string, addedAt: string): boolean =>
    before.models.some((model) => model.id === id && model.addedAt === addedAt);
  return (await readRegistry(server)).models.find(({ id, addedAt }) => !isOld(id, addedAt))?.id ?? null;
}

async function askStopEarly(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const stopEarly = await ui.pick<boolean>({
    placeholder: t('Stop the job early?'),
    choices: [
      { label: t('Off'), description: t('all epochs are trained'), value: false },
      {
        label: t('When validation gets worse'),
        description: t('seen at two looks in a row; the best checkpoint becomes the model'),
        value: true,
      },
    ],
    active: (value) => value === plan.stopEarly,
  });
  return { ...plan, stopEarly };
}

async function askSuffix(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const suffix = await ui.input({
    prompt: t("Suffix: part of the model's name (optional)"),
    value: plan.suffix,
    live: true,
    validate: (value) => whyRefused(validateSuffix(value, profileOf(plan.connection.kind).suffix)),
  });
  return { ...plan, suffix: suffix.trim() };
}

async function askSeed(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: t('Seed: the same seed, file and settings give the same result (empty: the provider chooses)'),
    value: plan.seed === null ? '' : String(plan.seed),
    live: true,
    validate: (value) => whyRefused(validateSeed(value)),
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
