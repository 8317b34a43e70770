import { t } from '../../../core/base/messages.ts';
import {
  boundsInWords,
  hyperparameterHelp,
  hyperparametersOf,
  HYPERPARAMETERS,
  hyperparameterTitle,
  REASONING_EFFORTS,
  validateHyperparameter,
  type NumberRule,
} from '../../../core/training/hyperparameters.ts';
import type { Step, StepUi } from '../../ui/multiStep.ts';
import { AUTOMATIC, hyperparametersInWords, isAutomatic, type TuningPlan } from './tuningPlan.ts';

/** First whether to set any, then each that the method knows. */
export function hyperparameterSteps(): readonly Step<TuningPlan>[] {
  return [
    { name: 'hyperparameters', run: askHyperparameters },
    ...HYPERPARAMETERS.map((rule): Step<TuningPlan> => ({
      name: rule.name,
      applies: (plan) => !plan.automatic && hyperparametersOf(plan.method).includes(rule),
      run: (plan, ui) => askHyperparameter(rule, plan, ui),
    })),
    {
      name: 'reasoning_effort',
      applies: (plan) => !plan.automatic && plan.method === 'reinforcement',
      run: askReasoningEffort,
    },
  ];
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

/** `Number of epochs: how often every example is seen (1 … 50), or auto`. */
function promptOf(rule: NumberRule): string {
  const { name } = rule;
  return t('{0}: {1} ({2}), or auto', hyperparameterTitle(name), hyperparameterHelp(name), boundsInWords(rule));
}

async function askHyperparameter(rule: NumberRule, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const typed = await ui.input({
    prompt: promptOf(rule),
    value: String(plan.hyperparameters[rule.name] ?? 'auto'),
    live: true,
    validate: (value) => {
      const parsed = validateHyperparameter(rule.name, value);
      return parsed.ok ? null : `${parsed.error.message} ${parsed.error.action}`;
    },
  });
  const parsed = validateHyperparameter(rule.name, typed);
  return parsed.ok ? { ...plan, hyperparameters: { ...plan.hyperparameters, [rule.name]: parsed.value } } : plan;
}

async function askReasoningEffort(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const effort = await ui.pick<string>({
    placeholder: 'How long the model thinks before it answers',
    choices: REASONING_EFFORTS.map((value) => ({
      label: value,
      ...(value === 'default' ? { description: "the model's own" } : {}),
      value,
    })),
    active: (value) => value === (plan.hyperparameters.reasoning_effort ?? 'default'),
  });
  return { ...plan, hyperparameters: { ...plan.hyperparameters, reasoning_effort: effort } };
}
