import { setImmediate } from 'node:timers/promises';
import { createRandom } from '../../../core/base/random.ts';
import { createModel } from './createModel.ts';
import type { PromptFrame } from './features.ts';
import { Learner } from './learner.ts';
import type { LinearModel } from './model.ts';
import type { PreparedExample } from './prepare.ts';
import { learnerOptions } from './settings.ts';

export interface ModelTraining {
  readonly frame: PromptFrame;
  readonly asWords: boolean;
  readonly batchSize: number;
  readonly nEpochs: number;
  readonly multiplier: number;
  readonly seed: number;
}

/** Trains a model in memory with chosen settings, without checkpoints. Gives the thread away after each epoch, with the number of them. Null when aborted. */
export async function trainModel(
  rows: readonly PreparedExample[],
  { frame, asWords, batchSize, nEpochs, multiplier, seed }: ModelTraining,
  signal: { readonly aborted: boolean },
  onEpoch: (done: number) => void = () => undefined,
): Promise<{ readonly model: LinearModel; readonly learner: Learner } | null> {
  const model = createModel(rows, frame, asWords);
  const learner = new Learner(model, learnerOptions(multiplier));
  const compiled = rows.map((example) => learner.compile(example));
  const random = createRandom(seed);
  for (let epoch = 0; epoch < nEpochs; epoch += 1) {
    const shuffled = random.shuffle(compiled);
    for (let from = 0; from < shuffled.length; from += batchSize) {
      if (signal.aborted) return null;
      learner.step(shuffled.slice(from, from + batchSize));
    }
    onEpoch(epoch + 1);
    // Other work of the thread, a cancel among it, gets a turn.
    await setImmediate();
  }
  return { model, learner };
}
