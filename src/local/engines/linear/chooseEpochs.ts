import { createRandom } from '../../../core/random.ts';
import { createModel } from './linearEngine.ts';
import type { LearnerOptions } from './learner.ts';
import { Learner } from './learner.ts';
import type { PreparedExample } from './prepare.ts';
import type { PromptFrame } from './features.ts';

export interface EpochQuestion {
  readonly prepared: readonly PreparedExample[];
  readonly unseen: readonly PreparedExample[];
  readonly frame: PromptFrame;
  readonly asWords: boolean;
  readonly batchSize: number;
  readonly options: LearnerOptions;
  readonly seed: number;
}

/** Point estimates go on getting better for a while after the likelihood is at its best: the last epoch this near to it is taken. */
const TOLERANCE = 0.002;

/** Loss on rows held back, after each number of epochs, summed over folds. Null when aborted. */
export function chooseEpochs(
  question: EpochQuestion,
  signal: { readonly aborted: boolean },
): { readonly epochs: number; readonly message: string } | null {
  const { prepared, unseen, frame, asWords, batchSize, options, seed } = question;
  const n = prepared.length;
  const folds = n <= 1000 ? 4 : 1;
  const share = n <= 1000 ? 4 : 5;
  const most = Math.max(2, Math.min(20, Math.floor(40_000 / n)));
  const order = createRandom(seed ^ 0x5eed).shuffle(prepared);
  const losses = new Float64Array(most + 1);
  const parts: { train: PreparedExample[]; test: readonly PreparedExample[] }[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    parts.push({ train: order.filter((_, i) => i % share !== fold), test: order.filter((_, i) => i % share === fold) });
  }
  if (unseen.length > 0) parts.push({ train: order, test: unseen });
  for (const part of parts) {
    const model = createModel(part.train, frame, asWords);
    const learner = new Learner(model, options);
    const rows = part.train.map((example) => learner.compile(example));
    const test = part.test.map((example) => learner.compile(example));
    const random = createRandom(seed);
    losses[0] = (losses[0] ?? 0) + learner.evaluate(test).loss;
    for (let epoch = 1; epoch <= most; epoch += 1) {
      const shuffled = random.shuffle(rows);
      for (let from = 0; from < shuffled.length; from += batchSize) {
        if (signal.aborted) return null;
        learner.step(shuffled.slice(from, from + batchSize));
      }
      losses[epoch] = (losses[epoch] ?? 0) + learner.evaluate(test).loss;
    }
  }
  const least = Math.min(...losses.subarray(1));
  let epochs = 1;
  for (let epoch = 2; epoch <= most; epoch += 1) if ((losses[epoch] ?? 0) <= least * (1 + TOLERANCE)) epochs = epoch;
  const by =
    unseen.length > 0 ? 'the validation file and by held-back training examples' : 'held-back training examples';
  return { epochs, message: `n_epochs: auto is ${String(epochs)}, chosen by ${by}` };
}
