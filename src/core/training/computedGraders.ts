// Graders that the open-weights trainer takes: those that are computed from the answer, as trainer/src/tuning_fork_trainer/graders.py does.
import { t } from '../base/messages.ts';
import type { Problem } from '../base/result.ts';

/** Reason why the open-weights trainer does not take a grader, also for one inside a multi grader; null when it does. */
export function whyNotComputed(grader: unknown): Problem | null {
  const message = reasonOf(grader);
  if (message === null) return null;
  return {
    code: 'grader-not-computed',
    message,
    action: t('Use a grader of the type {0}, {1} or {2}.', 'string_check', 'text_similarity', 'multi'),
  };
}

function reasonOf(grader: unknown): string | null {
  if (typeof grader !== 'object' || grader === null) return null;
  const { type, graders, evaluation_metric: metric } = grader as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'python':
      return t(
        'A {0} grader runs code from the grader file, and training on this machine runs no code that comes with data.',
        type,
      );
    case 'score_model':
    case 'label_model':
      return t('A {0} grader asks another model about every answer, which training on this machine does not do.', type);
    case 'text_similarity':
      return similarityReason(metric);
    case 'multi': {
      if (typeof graders !== 'object' || graders === null) return null;
      return (
        Object.values(graders)
          .map(reasonOf)
          .find((reason) => reason !== null) ?? null
      );
    }
    default:
      return null;
  }
}

function similarityReason(metric: unknown): string | null {
  switch (metric) {
    case 'cosine':
      return t('The similarity {0} needs an embedding model, which training on this machine does not have.', metric);
    case 'meteor':
      return t(
        'The similarity {0} needs a dictionary of synonyms, which training on this machine does not have.',
        metric,
      );
    case 'bleu':
      return t(
        'The similarity {0} depends on a smoothing that is not published, so training on this machine leaves it out.',
        metric,
      );
    default:
      return null;
  }
}
