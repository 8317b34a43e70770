import { t } from '../../../core/base/messages.ts';
import { whyRefused } from '../../../core/base/result.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import {
  boundsInWords,
  hyperparametersOf,
  HYPERPARAMETERS,
  REASONING_EFFORTS,
  validateHyperparameter,
  type HyperparameterName,
  type NumberRule,
} from '../../../core/training/hyperparameters.ts';
import type { Step, StepUi } from '../../ui/multiStep.ts';
import { hyperparametersInWords, isAutomatic } from '../../../core/training/words/hyperparametersText.ts';
import { AUTOMATIC, type TuningPlan } from './tuningPlan.ts';

/** Asks whether to set hyperparameters, then for each one of the method. */
export function hyperparameterSteps(): readonly Step<TuningPlan>[] {
  return [
    { name: 'hyperparameters', run: askHyperparameters },
    ...HYPERPARAMETERS.map((rule): Step<TuningPlan> => ({
      name: rule.name,
      applies: (plan) => !plan.automatic && hyperparametersOf(plan.method).includes(rule) && isTaken(plan, rule.name),
      run: (plan, ui) => askHyperparameter(rule, plan, ui),
    })),
    {
      name: 'reasoning_effort',
      applies: (plan) => !plan.automatic && plan.method === 'reinforcement' && isTaken(plan, 'reasoning_effort'),
      run: askReasoningEffort,
    },
  ];
}

function isTaken({ connection }: TuningPlan, name: HyperparameterName): boolean {
  return !profileOf(connection.kind).withoutHyperparameters.includes(name);
}

async function askHyperparameters(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const automatic = await ui.pick<boolean>({
    placeholder: t('Epochs, batch size and learning rate'),
    choices: [
      { label: t('Automatic'), description: t('the provider chooses'), value: true },
      {
        label: t('Set them…'),
        description: isAutomatic(plan.hyperparameters) ? '' : hyperparametersInWords(plan.hyperparameters),
        value: false,
      },
    ],
    active: (value) => value === plan.automatic,
  });
  return { ...plan, automatic, hyperparameters: automatic ? AUTOMATIC : plan.hyperparameters };
}

/** `Number of epochs: how often every example is seen (1 … 50), or auto`. */
function promptOf(rule: NumberRule): string {
  const bounds = boundsInWords(rule);
  switch (rule.name) {
    case 'n_epochs':
      return t('Number of epochs: how often every example is seen ({0}), or auto', bounds);
    case 'batch_size':
      return t('Batch size: examples per step ({0}), or auto', bounds);
    case 'learning_rate_multiplier':
      return t("Learning rate multiplier: factor of the provider's own rate ({0}), or auto", bounds);
    case 'beta':
      return t('Beta: how closely the model stays to its original behavior ({0}), or auto', bounds);
    case 'compute_multiplier':
      return t('Compute multiplier: how much the model explores; raises the price ({0}), or auto', bounds);
    case 'eval_interval':
      return t('Evaluation interval: steps between validations ({0}), or auto', bounds);
    case 'eval_samples':
      return t('Evaluation samples: answers per validation example ({0}), or auto', bounds);
  }
}

async function askHyperparameter(rule: NumberRule, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: promptOf(rule),
    value: String(plan.hyperparameters[rule.name] ?? 'auto'),
    live: true,
    validate: (value) => whyRefused(validateHyperparameter(rule.name, value)),
  });
  const parsed = validateHyperparameter(rule.name, typed);
  return parsed.ok ? { ...plan, hyperparameters: { ...plan.hyperparameters, [rule.name]: parsed.value } } : plan;
}

async function askReasoningEffort(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const effort = await ui.pick<string>({
    placeholder: t('How long the model thinks before it answers'),
    choices: REASONING_EFFORTS.map((value) => ({
      label: value,
      ...(value === 'default' ? { description: t('default of the model') } : {}),
      value,
    })),
    active: (value) => value === (plan.hyperparameters.reasoning_effort ?? 'default'),
  });
  return { ...plan, hyperparameters: { ...plan.hyperparameters, reasoning_effort: effort } };
}
