// *Would more data help?* in the summary of a start: measured on this machine when its line is chosen, before money is spent.
import { t } from '../../../core/base/messages.ts';
import { expectedSeconds } from '../../../core/dataset/dataCurve/expectedSeconds.ts';
import { formatDuration } from '../../../core/training/words/describe.ts';
import { measureMoreData } from '../../datasets/moreData.ts';
import { Cancelled, showProblem } from '../../ui/errors.ts';
import type { Choice } from '../../ui/multiStep.ts';
import { withCancel } from '../../ui/progress.ts';
import type { TuningPlan, WizardServices } from './tuningPlan.ts';

/** Seconds above which the line says how long it takes. */
const LONG = 20;

/** Line of the summary; only for rows with an answer to learn. */
export function moreDataRow(plan: TuningPlan): readonly Choice<string>[] {
  if (plan.method !== 'supervised') return [];
  return [{ label: t('Would more data help?'), description: inWords(plan), value: 'moreData' }];
}

function inWords(plan: TuningPlan): string {
  const told = moreDataIn(plan);
  if (told !== null) return told;
  const { examples, tokens, answers } = plan.trainingSummary;
  const figures = { examples, tokens: tokens ?? 0, distinct: answers.distinct };
  const seconds = expectedSeconds(figures, plan.validation.kind !== 'file');
  return seconds <= LONG
    ? t('measure with the linear baseline before the start…')
    : t('measure with the linear baseline before the start, about {0}…', formatDuration(Math.ceil(seconds / 60) * 60));
}

/** Answer for the plan's files; null where it was not asked for. */
export function moreDataIn(plan: TuningPlan): string | null {
  return plan.moreData?.key === keyOf(plan) ? plan.moreData.sentence : null;
}

function keyOf({ trainingSummary, validation, validationSummary }: TuningPlan): string {
  return `${trainingSummary.sha256} ${validation.kind === 'file' ? (validationSummary?.sha256 ?? '') : ''}`;
}

/** Plan with the answer; unchanged after a cancel and after a failure, which is then shown. */
export async function askMoreData(services: WizardServices, plan: TuningPlan): Promise<TuningPlan> {
  const files = {
    training: plan.training,
    validation: plan.validation.kind === 'file' ? plan.validation.path : null,
  };
  try {
    const { sentences } = await withCancel(services.ui, t('Measuring whether more data would help'), (signal, report) =>
      measureMoreData(services, files, signal, (fraction) => {
        report(t('training on parts of the rows'), fraction);
      }),
    );
    return { ...plan, moreData: { key: keyOf(plan), sentence: sentences[0] ?? '' } };
  } catch (error) {
    // Not awaited: the answers of the wizard are kept, and its summary comes back at once.
    if (!(error instanceof Cancelled)) void showProblem(services, error);
    return plan;
  }
}
