import path from 'node:path';
import { dollars } from '../../core/cost/estimate.ts';
import { LOCAL_CONNECTION } from '../../connections/store.ts';
import { chooseDatasets, offerToSave } from '../datasets/files.ts';
import { ensureOwnKey } from '../connections/ownKey.ts';
import { confirmPaid, refuseAboveCap } from '../ui/confirmPaid.ts';
import { asProblem, inert } from '../ui/errors.ts';
import { runSteps } from '../ui/multiStep.ts';
import { requireTrust } from '../ui/trust.ts';
import { refuseErrors } from '../datasets/findings.ts';
import { plannedCost } from './wizard/plannedCost.ts';
import { contradictionsIn, inspectFor } from './wizard/trainingFile.ts';
import { AUTOMATIC, warningsOf, type TuningPlan } from './wizard/tuningPlan.ts';
import { count } from '../../core/base/numbers.ts';
import { tuningSteps } from './wizard/tuningSteps.ts';
import { withValidation } from './wizard/validationStep.ts';
import { runStart, type SourceFacts, type StartServices } from './runStart.ts';
import { orElsewhere } from './startElsewhere.ts';

/** Check → questions → summary → (paid: one modal) → snapshot, upload, create → watch. */
export async function startFineTuning(services: StartServices, args: readonly unknown[]): Promise<void> {
  requireTrust();
  const files = await chooseDatasets(services.ui, args);
  await offerToSave(services.ui, [files.training, files.validation]);
  const plan = await planFor(services, files.training, {
    validation: files.validation === null ? { kind: 'none' } : { kind: 'file', path: files.validation },
  });
  await askAndStart(services, `Fine-Tune with ${path.basename(files.training)}`, plan);
}

/** The questions (from the one named `startAt` on), the confirmation, the start. */
export async function askAndStart(
  services: StartServices,
  title: string,
  first: TuningPlan,
  options: { readonly startAt?: string; readonly source?: SourceFacts } = {},
): Promise<void> {
  const steps = tuningSteps(services);
  let plan = first;
  let { startAt } = options;
  for (;;) {
    plan = await runSteps(services.ui, title, plan, steps, startAt);
    startAt = 'summary';
    if (!(await confirm(services, plan))) continue;
    try {
      await runStart(services, plan, options.source);
      return;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code !== 'dataset-changed') {
        throw await orElsewhere(services, error, plan, (connection) =>
          askAndStart(services, title, { ...plan, connection, model: '' }, { ...options, startAt: 'model' }),
        );
      }
      const before = plan;
      plan = await checkedAgain(services, plan);
      startAt = plan.method === before.method ? afterCheck(plan) : 'connection';
      // Not awaited: the summary with the new price waits for an answer.
      void services.ui.notify('warning', inert(`${problem.message} It was checked again; see its new summary.`));
    }
  }
}

/** The same answers about the files as they are now. @throws ProblemError when they have errors now */
async function checkedAgain(services: StartServices, plan: TuningPlan): Promise<TuningPlan> {
  const { trainingSummary, method, contradictions } = await planFor(services, plan.training);
  return withValidation(services, { ...plan, trainingSummary, method, contradictions }, plan.validation);
}

function afterCheck(plan: TuningPlan): string {
  return warningsOf(plan).length > 0 ? 'warnings' : 'summary';
}

/** A checked dataset with everything that is not asked yet at its default. */
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
    leaked: 0,
    differences: [],
    automatic: true,
    hyperparameters: AUTOMATIC,
    suffix: null,
    seed: undefined,
    wandbProject: '',
    wandb: { entity: '', name: '', tags: [] },
    metadata: {},
    advanced: false,
    ...given,
  };
}

/** What costs money is confirmed once more, with the amount, the model and who will bill it. */
async function confirm(services: StartServices, plan: TuningPlan): Promise<boolean> {
  const { estimate, epochs } = plannedCost(plan);
  if (estimate.usd === 0) return true;
  refuseAboveCap(estimate.usd);
  await ensureOwnKey(services, plan.connection);
  const { name } = plan.connection;
  const amount = estimate.usd === null ? 'an unknown amount' : `about ${dollars(estimate.usd)}`;
  const howOften = plan.hyperparameters.n_epochs === 'auto' ? `about ${String(epochs)}` : String(epochs);
  return confirmPaid(
    services.ui,
    `Start a paid job at ${name} for ${amount}?`,
    `${count(plan.trainingSummary.examples)} examples, ${howOften} ${epochs === 1 ? 'epoch' : 'epochs'}, ${count(estimate.trainedTokens)} tokens on ${plan.model}. ${estimate.sentence} This is an estimate; ${name} bills what it trains.`,
    estimate.usd === null ? 'Start at Unknown Price' : `Start for About ${dollars(estimate.usd)}`,
  );
}
