import { t } from '../../../core/base/messages.ts';
import type { Sampling } from '../../../core/evaluation/types.ts';
import { proposedSampling } from '../../../core/evaluation/proposal.ts';
import type { Step, StepUi } from '../../ui/multiStep.ts';
import {
  graderOfPlan,
  isFull,
  prefixOfPlan,
  samplingInWords,
  samplingOfPlan,
  type EvaluationPlan,
  type FullPlan,
} from './evaluationPlan.ts';

/** Asks for the beginning of the replies; when the model learned answers that begin otherwise, both beginnings are shown. */
export async function askPrefix(plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const prefix = plan.summary.answers.commonPrefix ?? '';
  const { learned } = plan;
  const proposed = prefixOfPlan({ ...plan, answerPrefix: undefined });
  const mark = (value: string | null, why: string): string =>
    learned !== null && value === proposed ? t('proposed') : why;
  const answerPrefix = await ui.pick<string | null>({
    placeholder: learned?.message ?? t('Every answer begins with “{0}”', prefix),
    choices: [
      ...(learned === null || learned.answerPrefix === null
        ? []
        : [
            {
              label: t('Begin with “{0}”, as in training', learned.answerPrefix),
              description: mark(learned.answerPrefix, ''),
              value: learned.answerPrefix,
            },
          ]),
      {
        label: t('Keep “{0}” in the prompt', prefix),
        description: mark(prefix, t('the model completes it')),
        value: prefix,
      },
      { label: t('Leave it out'), description: mark(null, t('the prompt ends with the question')), value: null },
    ],
    active: (value) => value === prefixOfPlan(plan),
  });
  return { ...plan, answerPrefix };
}

/** Asks whether the proposed sampling is used; its numbers are asked by `samplingSteps`. */
export async function askSampling(
  plan: FullPlan,
  ui: StepUi,
): Promise<{ readonly plan: EvaluationPlan; readonly isCustom: boolean }> {
  const proposed = proposedSampling(plan.summary.answers, graderOfPlan(plan));
  const isCustom = await ui.pick<boolean>({
    placeholder: t('Choose how the model is asked'),
    choices: [
      { label: samplingInWords(proposed), description: t('proposed'), value: false },
      {
        label: t('Set them…'),
        description: plan.sampling === null ? '' : samplingInWords(plan.sampling),
        value: true,
      },
    ],
    active: (value) => value === (plan.sampling !== null),
  });
  return { plan: { ...plan, sampling: isCustom ? samplingOfPlan(plan) : null }, isCustom };
}

/** Steps for the numbers of the sampling. */
export function samplingSteps(): readonly Step<EvaluationPlan>[] {
  const field = (name: keyof Sampling, prompt: string, isValid: (value: number) => boolean): Step<EvaluationPlan> => ({
    run: async (plan, ui) => {
      if (!isFull(plan)) return plan;
      const sampling = samplingOfPlan(plan);
      const value = await askNumber(ui, prompt, sampling[name], isValid);
      return { ...plan, sampling: { ...sampling, [name]: value } };
    },
  });
  return [
    field('temperature', t('Temperature, 0 … 2 (0: the most probable answer)'), (value) => value >= 0 && value <= 2),
    field(
      'maxTokens',
      t('Maximum tokens of a reply, 1 … {0}', 32_768),
      (value) => Number.isInteger(value) && value >= 1 && value <= 32_768,
    ),
    field('seed', t('Seed, a whole number'), (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 31),
  ];
}

const MOST_SAMPLES = 100;

/** Asks for the number of replies to a row. */
export async function askSamples(plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const prompt = t('Replies to each row, 1 … {0}: their median or majority counts, and each is paid for', MOST_SAMPLES);
  const isValid = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MOST_SAMPLES;
  return { ...plan, samples: await askNumber(ui, prompt, plan.samples, isValid) };
}

export async function askNumber(
  ui: StepUi,
  prompt: string,
  value: number,
  isValid: (value: number) => boolean,
): Promise<number> {
  const typed = await ui.input({
    prompt,
    value: String(value),
    validate: (text) => (text.trim() !== '' && isValid(Number(text)) ? null : prompt),
  });
  return Number(typed);
}
