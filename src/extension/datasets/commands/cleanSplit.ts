import { t, tn } from '../../../core/base/messages.ts';
import type { Services } from '../../services.ts';

import { withCancel } from '../../ui/progress.ts';
import { besides, createdText, tellCreated } from './chooseFiles.ts';

/** Writes two new files beside these that share no row, and tells about them; returns their paths. The given files stay as they are. */
export async function makeCleanSplit(
  { datasets, ui }: Pick<Services, 'datasets' | 'ui'>,
  training: string,
  held: string,
): Promise<{ readonly training: string; readonly held: string }> {
  const [cleanTraining = training] = await besides(training, ['clean']);
  const [cleanHeld = held] = await besides(held, ['clean']);
  const result = await withCancel(ui, t('Splitting again…'), (signal) =>
    datasets.cleanSplit({ training, validation: held }, { training: cleanTraining, validation: cleanHeld }, 0, signal),
  );
  const created = createdText([
    { file: cleanTraining, rows: result.training },
    { file: cleanHeld, rows: result.validation },
  ]);
  const removed =
    result.removed > 0
      ? [tn(result.removed, '{0} duplicate row was left out.', '{0} duplicate rows were left out.')]
      : [];
  tellCreated(ui, [created, ...removed].join(' '), cleanHeld);
  return { training: cleanTraining, held: cleanHeld };
}
