import type { RunConfig } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import { leftBehind } from '../../../evals/words.ts';
import { Cancelled } from '../../ui/errors.ts';
import type { Ui } from '../../ui/ui.ts';

/** A run that its window left behind is resumed by another one only after a question; any other is not asked about. */
export async function confirmTakeOver(
  ui: Ui,
  {
    config,
    elsewhere,
  }: Pick<EvaluationRun, 'elsewhere'> & { readonly config: Pick<RunConfig, 'name' | 'concurrency'> },
): Promise<void> {
  if (elsewhere === null || elsewhere.leftBehind === null) return;
  const choice = await ui.modal(
    `Take over the evaluation on ${config.name}?`,
    `${leftBehind(elsewhere)} Every row that it saved is kept. Up to ${String(config.concurrency)} requests that were under way are asked, and paid, again.`,
    'Take Over',
  );
  if (choice !== 'Take Over') throw new Cancelled();
}
