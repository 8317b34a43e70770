import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import { trainedOnOf } from '../../../core/evaluation/overlap.ts';
import type { TrainedOn } from '../../../core/evaluation/types.ts';
import type { Services } from '../../services.ts';
import { asProblem, Cancelled } from '../../ui/errors.ts';
import type { StepUi } from '../../ui/multiStep.ts';
import { withCancel } from '../../ui/progress.ts';
import { overlapOf, type EvaluationPlan } from './evaluationPlan.ts';

/**
 * Reads how the training file of the model's job is related to the test file: items that are in it, differences in form, and another
 * beginning of its answers. The same plan when that file is not known.
 */
export async function withTrainedOn(services: ReadingServices, plan: EvaluationPlan): Promise<EvaluationPlan> {
  const { target, testFile, summary } = plan;
  if (!target || testFile === null || !summary) return plan;
  const { trainingPath = null, sourceSha256 = null, examples = null } = target.record?.local ?? {};
  if (trainingPath !== null) {
    const found = await relationTo(services, testFile, trainingPath);
    if (found) {
      const learned = await learnedPrefix(services, trainingPath, summary.answers.commonPrefix);
      return { ...plan, ...found, training: trainingPath, learned };
    }
  }
  // The copy may have been deleted; the file itself is still known by its hash, unless only a part of it was trained on.
  const isWhole = sourceSha256 === summary.sha256 && examples === summary.examples;
  return { ...plan, trainedOn: isWhole ? { same: summary.examples, near: 0 } : null, training: null, learned: null };
}

type ReadingServices = Pick<Services, 'datasets' | 'log' | 'ui'>;

/** Overlap of a test file with a training file, and sentences about differences in form; null when the training file cannot be read. */
export async function relationTo(
  services: ReadingServices,
  testFile: string,
  training: string,
): Promise<{ readonly trainedOn: TrainedOn; readonly formats: readonly string[] } | null> {
  const trainedOn = await countLeaks(services, testFile, training);
  return trainedOn && { trainedOn, formats: await formatsOf(services, testFile, training) };
}

/** Other beginning of the training answers, with a sentence about it; null when it is the same, or the test answers share none. */
async function learnedPrefix(
  { datasets, log, ui }: ReadingServices,
  training: string,
  prefix: string | null,
): Promise<EvaluationPlan['learned']> {
  if (prefix === null) return null;
  try {
    const { finding, answerPrefix } = await withCancel(ui, t('Looking at the training answers…'), (signal) =>
      datasets.comparePrefix(prefix, training, signal),
    );
    return finding === null ? null : { message: finding.message, answerPrefix };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    log.warn(`The training answers could not be compared: ${asProblem(error).message}`);
    return null;
  }
}

/** Sentences about another system message or template than the model was trained with: it answers worse to those. */
async function formatsOf(
  { datasets, log, ui }: ReadingServices,
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
  { datasets, log, ui }: ReadingServices,
  testFile: string,
  training: string,
): Promise<TrainedOn | null> {
  try {
    const leaks = await withCancel(ui, t('Comparing {0} with the training file…', path.basename(testFile)), (signal) =>
      datasets.findLeakage(testFile, training, 0, signal),
    );
    return trainedOnOf(leaks);
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
    return { ...plan, overlapAccepted: true };
  };
}
