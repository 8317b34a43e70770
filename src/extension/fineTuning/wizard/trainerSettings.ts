// Settings of the open-weights trainer in the list Advanced….
import { t } from '../../../core/base/messages.ts';
import { profileOf, takesAdvanced } from '../../../core/provider/profiles.ts';
import {
  advancedOf,
  advancedTitle,
  ATTENTION,
  checkAdvanced,
  parseAdvanced,
  type AdvancedName,
  type AdvancedRule,
} from '../../../core/training/advanced.ts';
import type { AdvancedSettings, TargetModules } from '../../../core/training/job.ts';
import { advancedValueInWords, isAttention } from '../../../core/training/words/advancedText.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import type { TuningPlan } from './tuningPlan.ts';

/** Lines of the settings that the planned job takes; none for every other trainer. */
export function trainerLines(plan: TuningPlan, hasGpu: boolean): readonly Choice<AdvancedName>[] {
  if (!takesAdvanced(profileOf(plan.connection.kind), plan.model)) return [];
  return advancedOf(plan.method).map(({ name }) => ({
    label: advancedTitle(name),
    description:
      name === 'load_in_4bit' && !hasGpu
        ? plan.advanced[name] === true
          ? t('on, but not available here: no NVIDIA GPU with CUDA was found')
          : t('not available: it needs an NVIDIA GPU with CUDA, and none was found')
        : plainText(advancedValueInWords(name, plan.advanced)),
    value: name,
  }));
}

/** Asks for a setting; returns the plan unchanged where the setting is not available. */
export async function askTrainerSetting(
  rule: AdvancedRule,
  plan: TuningPlan,
  ui: StepUi,
  hasGpu: boolean,
): Promise<TuningPlan> {
  const { name } = rule;
  switch (rule.kind) {
    case 'switch': {
      // Switching off stays possible on another machine.
      if (name === 'load_in_4bit' && !hasGpu && plan.advanced[name] !== true) return plan;
      const on = await ui.pick<boolean>({
        placeholder: advancedTitle(name),
        choices: [
          { label: t('On'), value: true },
          { label: t('Off'), value: false },
        ],
        active: (value) => value === (plan.advanced[name] ?? rule.default),
      });
      return changed(plan, name, on === rule.default ? undefined : on);
    }
    case 'number': {
      const typed = await ui.input({
        prompt: t('{0} (empty: {1})', advancedTitle(name), String(rule.default)),
        value: plan.advanced[name] === undefined ? '' : String(plan.advanced[name]),
        live: true,
        validate: (value) => whyWrong(plan, name, value),
      });
      const parsed = parseAdvanced(name, typed);
      return parsed.ok ? changed(plan, name, parsed.value) : plan;
    }
    case 'modules':
      return changed(plan, name, await askModules(plan.advanced.target_modules, ui));
  }
}

function whyWrong(plan: TuningPlan, name: AdvancedName, typed: string): string | null {
  const parsed = parseAdvanced(name, typed);
  if (!parsed.ok) return `${parsed.error.message} ${parsed.error.action}`;
  if (parsed.value === undefined) return null;
  const { method, hyperparameters } = plan;
  const checked = checkAdvanced({ [name]: parsed.value }, { method, batchSize: hyperparameters.batch_size });
  return checked.ok ? null : checked.error.message;
}

async function askModules(now: TargetModules = 'all-linear', ui: StepUi): Promise<TargetModules | undefined> {
  const kindNow = now === 'all-linear' ? 'all' : isAttention(now) ? 'attention' : 'names';
  const kind = await ui.pick<'all' | 'attention' | 'names'>({
    placeholder: t('Which layers get an adapter?'),
    choices: [
      { label: t('All linear layers'), description: t('default'), value: 'all' },
      { label: t('Attention only'), description: ATTENTION.join(', '), value: 'attention' },
      { label: t('By name…'), description: t('as the model names them'), value: 'names' },
    ],
    active: (value) => value === kindNow,
  });
  if (kind === 'all') return undefined;
  if (kind === 'attention') return ATTENTION;
  const typed = await ui.input({
    prompt: t('Names of the layers, separated by commas'),
    value: now === 'all-linear' ? '' : now.join(', '),
    live: true,
    validate: (value) => {
      const parsed = parseAdvanced('target_modules', value);
      return parsed.ok ? null : parsed.error.message;
    },
  });
  const parsed = parseAdvanced('target_modules', typed);
  return parsed.ok && Array.isArray(parsed.value) ? (parsed.value as readonly string[]) : undefined;
}

/** Plan with another value of a setting; undefined: its default. */
function changed(plan: TuningPlan, name: AdvancedName, value: AdvancedSettings[AdvancedName]): TuningPlan {
  const others = Object.fromEntries(Object.entries(plan.advanced).filter(([key]) => key !== name));
  return { ...plan, advanced: value === undefined ? others : { ...others, [name]: value } };
}
