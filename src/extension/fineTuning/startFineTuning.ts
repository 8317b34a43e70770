import path from 'node:path';
import { listOf, t, tn } from '../../core/base/messages.ts';
import { dollars } from '../../core/cost/estimate.ts';
import { LOCAL_CONNECTION } from '../../connections/store.ts';
import { chooseDatasets, nameOfDataset, offerToSave } from '../datasets/files.ts';
import { ensureOwnKey } from '../connections/ownKey.ts';
import { confirmPaid, refuseAboveCap } from '../ui/confirmPaid.ts';
import { asProblem, inert } from '../ui/errors.ts';
import { requireTrust } from '../ui/trust.ts';
import { refuseErrors } from '../datasets/findings.ts';
import { plannedCost } from './wizard/plannedCost.ts';
import { contradictionsIn, inspectFor } from './wizard/trainingFile.ts';
import { AUTOMATIC, DEFAULT_SEED, NO_OVERLAP, type TuningPlan } from './wizard/tuningPlan.ts';
import { askForPlan, withProposedConnection, type OpenQuestion } from './wizard/tuningSteps.ts';
import { withProposedValidation, withValidation } from './wizard/validationStep.ts';
import { runStart, type SourceFacts, type StartServices } from './runStart.ts';
import { orElsewhere } from './startElsewhere.ts';

/** Checks the dataset, asks the questions, shows the summary, confirms a price, and starts and watches the job. */
export async function startFineTuning(services: StartServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  const files = await chooseDatasets(services.ui, args);
  await offerToSave(services.ui, [files.training, files.validation]);
  const checked = await planFor(services, files.training);
  const { plan, first } = await withProposedConnection(services, checked);
  // A file that the command was called on is checked as one that was chosen.
  const measured =
    files.validation === null
      ? await withProposedValidation(services, plan)
      : await withValidation(services, plan, { kind: 'file', path: files.validation });
  await askAndStart(services, t('Fine-Tune with {0}', path.basename(files.training)), measured ?? plan, {
    first: measured === null ? [...first, 'validation'] : first,
  });
}

/** Asks what is open and the questions named in `first`, shows the summary, confirms a price and starts. */
export async function askAndStart(
  services: StartServices,
  title: string,
  initial: TuningPlan,
  options: { readonly first?: readonly OpenQuestion[]; readonly source?: SourceFacts } = {},
): Promise<void> {
  let plan = initial;
  let { first = [] } = options;
  for (;;) {
    plan = await askForPlan(services, title, plan, first);
    first = [];
    if (!(await confirm(services, plan))) continue;
    try {
      await runStart(services, plan, options.source);
      return;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code !== 'dataset-changed') {
        throw await orElsewhere(services, error, plan, (connection) =>
          askAndStart(services, title, { ...plan, connection, model: '' }, { ...options, first: [] }),
        );
      }
      const before = plan;
      plan = await checkedAgain(services, plan);
      first = plan.method === before.method ? [] : ['connection'];
      // Not awaited: the summary with the new price waits for an answer.
      void services.ui.notify(
        'warning',
        inert(`${problem.message} ${t('The dataset was checked again; see the new summary.')}`),
      );
    }
  }
}

/** Updates the plan for the files as they are now; warnings have to be accepted again. @throws ProblemError when they have errors now */
async function checkedAgain(services: StartServices, plan: TuningPlan): Promise<TuningPlan> {
  const { trainingSummary, method, contradictions } = await planFor(services, plan.training);
  const now = { ...plan, trainingSummary, method, contradictions, accepted: [] };
  return withValidation(services, now, plan.validation);
}

/** Name of the dataset in the letters and the length that every provider takes. */
function proposedSuffix(training: string): string {
  return nameOfDataset(training)
    .replace(/[^A-Za-z0-9_-]+/g, '')
    .slice(0, 18);
}

/** Checks a dataset and makes a plan with defaults for all open questions. */
export async function planFor(
  services: StartServices,
  training: string,
  given: Partial<TuningPlan> = {},
): Promise<TuningPlan> {
  const { summary, method } = await inspectFor(services.ui, services.datasets, training, {
    countTokens: true,
    forTraining: true,
  });
  await refuseErrors(services.ui, training, summary);
  return {
    training,
    trainingSummary: summary,
    method,
    grader: null,
    connection: LOCAL_CONNECTION,
    model: '',
    validation: { kind: 'none' },
    validationSummary: null,
    contradictions: await contradictionsIn(services, training, method),
    overlap: NO_OVERLAP,
    differences: [],
    automatic: true,
    hyperparameters: AUTOMATIC,
    advanced: {},
    suffix: proposedSuffix(training),
    seed: DEFAULT_SEED,
    wandbProject: '',
    wandb: { entity: '', name: '', tags: [] },
    metadata: {},
    stopEarly: false,
    measured: null,
    sweep: null,
    moreData: null,
    accepted: [],
    starting: false,
    ...given,
  };
}

/** Confirms a paid start with the amount, the model and the provider that bills it. */
async function confirm(services: StartServices, plan: TuningPlan): Promise<boolean> {
  const { estimate, epochs } = plannedCost(plan);
  if (estimate.usd === 0) return true;
  refuseAboveCap(estimate.usd);
  await ensureOwnKey(services, plan.connection);
  const { name } = plan.connection;
  const { examples } = plan.trainingSummary;
  const [question, start] =
    estimate.usd === null
      ? [t('Start a paid job at {0} for an unknown amount?', name), t('Start at Unknown Price')]
      : [
          t('Start a paid job at {0} for about {1}?', name, dollars(estimate.usd)),
          t('Start for About {0}', dollars(estimate.usd)),
        ];
  const amounts = listOf([
    tn(examples, '{0} example', '{0} examples'),
    plan.hyperparameters.n_epochs === 'auto'
      ? tn(epochs, 'about {0} epoch', 'about {0} epochs')
      : tn(epochs, '{0} epoch', '{0} epochs'),
    tn(estimate.trainedTokens, '{0} token', '{0} tokens'),
  ]);
  const detail = [
    t('{0} on {1}.', amounts, plan.model),
    estimate.sentence,
    t('This is an estimate; {0} bills the actual training.', name),
  ].join(' ');
  return confirmPaid(services.ui, question, detail, start);
}
