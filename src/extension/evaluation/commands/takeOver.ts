import { t, tn } from '../../../core/base/messages.ts';
import type { RunConfig } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { leftBehind } from '../../../evals/words.ts';
import { Cancelled } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';

/** Asks before this window resumes a run that another one left behind; other runs need no question. */
export async function confirmTakeOver(
  ui: Ui,
  {
    config,
    elsewhere,
  }: Pick<EvaluationRun, 'elsewhere'> & { readonly config: Pick<RunConfig, 'name' | 'concurrency'> },
): Promise<void> {
  const consequences = consequencesOf({ config, elsewhere });
  if (consequences === null) return;
  const takeOver = t('Take Over');
  const choice = await ui.modal(t('Take over the evaluation on {0}?', config.name), consequences, takeOver);
  if (choice !== takeOver) throw new Cancelled();
}

/** Sentences about taking over a run that another window left behind; null for one that needs no taking over. */
export function consequencesOf({
  config,
  elsewhere,
}: Pick<EvaluationRun, 'elsewhere'> & { readonly config: Pick<RunConfig, 'concurrency'> }): string | null {
  if (elsewhere === null || elsewhere.leftBehind === null) return null;
  return [
    leftBehind(elsewhere),
    t('Every row that it saved is kept.'),
    tn(
      config.concurrency,
      'Up to {0} request that was under way is sent, and paid for, again.',
      'Up to {0} requests that were under way are sent, and paid for, again.',
    ),
  ].join(' ');
}
