import path from 'node:path';
import { count } from '../../../core/base/numbers.ts';
import type { Services } from '../../services.ts';
import { inert } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import { besides, tellWritten } from './chooseFiles.ts';

export const rowsOf = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`;

/** Writes two new files beside these that share no row, and says so; returns their paths. The given files stay as they are. */
export async function makeCleanSplit(
  { datasets, ui }: Pick<Services, 'datasets' | 'ui'>,
  training: string,
  held: string,
): Promise<{ readonly training: string; readonly held: string }> {
  const [cleanTraining = training] = await besides(training, ['clean']);
  const [cleanHeld = held] = await besides(held, ['clean']);
  const result = await withCancel(ui, 'Splitting anew…', (signal) =>
    datasets.cleanSplit({ training, validation: held }, { training: cleanTraining, validation: cleanHeld }, 0, signal),
  );
  const removed = result.removed > 0 ? `, ${rowsOf(result.removed)} said twice left out` : '';
  tellWritten(
    ui,
    inert(
      `Written: ${path.basename(cleanTraining)} (${count(result.training)}) and ${path.basename(cleanHeld)} (${count(result.validation)})${removed}.`,
    ),
    cleanHeld,
  );
  return { training: cleanTraining, held: cleanHeld };
}
