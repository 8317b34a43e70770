import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import type { TrainedOn } from '../../../core/evaluation/types.ts';
import type { Services } from '../../services.ts';
import { asProblem, Cancelled } from '../../ui/errors.ts';
import type { StepUi } from '../../ui/multiStep.ts';
import { withCancel } from '../../ui/progress.ts';
import { overlapOf, type EvaluationPlan } from './evaluationPlan.ts';

/**
 * Counts the items that are in the training file of the model's job, and finds how its form differs; the same plan when that file is
 * not known.
 */
export async function withTrainedOn(
  services: Pick<Services, 'datasets' | 'log' | 'ui'>,
  plan: EvaluationPlan,
): Promise<EvaluationPlan> {
  const { target, testFile, summary } = plan;
  if (!target || testFile === null || !summary) return plan;
  const { trainingPath = null, sourceSha256 = null, examples = null } = target.record?.local ?? {};
  if (trainingPath !== null) {
    const found = await countLeaks(services, testFile, trainingPath);
    if (found) return { ...plan, trainedOn: found, formats: await formatsOf(services, testFile, trainingPath) };
  }
  // The copy may have been deleted; the file itself is still known by its hash, unless only a part of it was trained on.
  const isWhole = sourceSha256 === summary.sha256 && examples === summary.examples;
  return { ...plan, trainedOn: isWhole ? { same: summary.examples, near: 0 } : null };
}

/** Sentences about another system message or template than the model was trained with: it answers worse to those. */
async function formatsOf(
  { datasets, log, ui }: Pick<Services, 'datasets' | 'log' | 'ui'>,
  testFile: string,
  training: string,
): Promise<readonly string[]> {
  try {
    const found = await withCancel(ui, t('Comparing {0} with the training file…', path.basename(testFile)), (signal) =>
      datasets.compareFormats(testFile, training, signal),
    );
    return found.map(({ message }) => message);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    log.warn(`The form of the test file could not be compared: ${asProblem(error).message}`);
    return [];
  }
}

async function countLeaks(
  { datasets, log, ui }: Pick<Services, 'datasets' | 'log' | 'ui'>,
  testFile: string,
  training: string,
): Promise<TrainedOn | null> {
  try {
    const { exact, prompt, near } = await withCancel(
      ui,
      t('Comparing {0} with the training file…', path.basename(testFile)),
      (signal) => datasets.findLeakage(testFile, training, 0, signal),
    );
    return { same: exact + prompt, near };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    log.warn(`The test file could not be compared with the training file: ${asProblem(error).message}`);
    return null;
  }
}

/** Asks before an evaluation on trained items, whose figures tell nothing about new ones. */
export function askAboutOverlap(canChoose: boolean) {
  return async (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> => {
    const { trainedOn, summary } = plan;
    const { same = 0, near = 0 } = trainedOn ?? {};
    const choice = await ui.pick<'continue' | 'testFile'>({
      placeholder: t('This file does not test what the model learned'),
      choices: [
        {
          label: t(
            '$(warning) {0} of {1} items are like examples in the training file',
            same + near,
            summary?.examples ?? 0,
          ),
          detail: overlapOf(plan) ?? '',
          value: 'continue',
        },
        ...(canChoose
          ? [{ label: t('$(file) Choose Another File…'), alwaysShow: true, value: 'testFile' as const }]
          : []),
        { label: t('$(arrow-right) Continue Anyway'), alwaysShow: true, value: 'continue' },
      ],
      active: (value) => value === (canChoose ? 'testFile' : 'continue'),
    });
    if (choice === 'testFile') ui.goTo('testFile');
    return plan;
  };
}
