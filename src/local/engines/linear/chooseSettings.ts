import { createRandom } from '../../../core/base/random.ts';
import type { SearchStage } from '../../../core/training/words/stages.ts';
import type { PromptFrame } from './features.ts';
import { createModel } from './createModel.ts';
import { Learner } from './learner.ts';
import type { PreparedExample } from './prepare.ts';
import { learnerOptions } from './settings.ts';

export interface SettingsQuestion {
  readonly prepared: readonly PreparedExample[];
  /** The validation file; empty when there is none. */
  readonly unseen: readonly PreparedExample[];
  readonly frame: PromptFrame;
  readonly asWords: boolean;
  readonly batchSize: number;
  readonly nEpochs: number | 'auto';
  readonly multiplier: number | 'auto';
  readonly seed: number;
}

export interface ChosenSettings {
  readonly nEpochs: number;
  readonly multiplier: number;
  /** Whether anything in the prompts helped to predict answers that were held back. */
  readonly helps: boolean;
  readonly message: string;
}

/** Distance from the best likelihood: the last epoch within it is taken, because point estimates improve for a while after the best. */
const TOLERANCE = 0.002;
/** Shuffled answers gain up to about this share of the loss by chance; the smallest real gain seen (200 prices) is 0.007. */
const NOISE = 0.002;
/** Learning rate multipliers, tried in order: a smaller one only while the larger one overshoots, so most files cost one round. */
const MULTIPLIERS = [1, 0.3, 0.1, 0.03];
const MOST_EPOCHS = 20;
/** Number of epochs without a better loss after which none is expected. */
const PATIENCE = 4;
/** Number of examples above which one held-back part says enough, since every part costs a training. */
const MANY_EXAMPLES = 1000;
/** Limit of example visits in a round: some ten seconds of 10,000 questions in 77 classes. */
const MOST_VISITS = 150_000;

/**
 * Chooses the `auto` settings by the loss on held-back parts of the training file (four-fold cross-validation; one
 * part of a fifth above a thousand examples) and, when there is one, on the validation file. Null when aborted. `onProgress` is called
 * at the beginning of each epoch that is tried.
 */
export function chooseSettings(
  question: SettingsQuestion,
  signal: { readonly aborted: boolean },
  onProgress: (stage: SearchStage) => void = () => undefined,
): ChosenSettings | null {
  const most =
    question.nEpochs === 'auto'
      ? Math.max(2, Math.min(MOST_EPOCHS, Math.floor(MOST_VISITS / question.prepared.length)))
      : question.nEpochs;
  let best: { nEpochs: number; multiplier: number; gain: number; before: number } | null = null;
  for (const multiplier of question.multiplier === 'auto' ? MULTIPLIERS : [question.multiplier]) {
    const losses = heldBackLosses(question, multiplier, most, signal, onProgress);
    if (!losses) return null;
    const nEpochs = question.nEpochs === 'auto' ? bestEpoch(losses) : question.nEpochs;
    const gain = (losses[0] ?? 0) - (losses[nEpochs] ?? Infinity);
    if (best && gain <= best.gain) break;
    best = { nEpochs, multiplier, gain, before: losses[0] ?? 0 };
    // Better with every epoch up to the second at least: the rate is not too large.
    if (gain > 0 && nEpochs > 1) break;
  }
  if (!best) return null;
  const by =
    question.unseen.length > 0 ? 'held-back training examples and the validation file' : 'held-back training examples';
  return {
    nEpochs: best.nEpochs,
    multiplier: best.multiplier,
    helps: best.gain > NOISE * best.before,
    message: `Chosen by the loss on ${by}: n_epochs ${String(best.nEpochs)}, learning_rate_multiplier ${String(best.multiplier)}`,
  };
}

function bestEpoch(losses: readonly number[]): number {
  const least = Math.min(...losses.slice(1));
  return losses.findLastIndex((loss, epoch) => epoch > 0 && loss <= least * (1 + TOLERANCE));
}

/** Sums the loss on the held-back part after 0, 1, 2… epochs. */
function heldBackLosses(
  question: SettingsQuestion,
  multiplier: number,
  most: number,
  signal: { readonly aborted: boolean },
  onProgress: (stage: SearchStage) => void,
): number[] | null {
  const { prepared, unseen, frame, asWords, batchSize, seed } = question;
  const many = prepared.length > MANY_EXAMPLES;
  const share = many ? 5 : 4;
  const order = createRandom(seed ^ 0x5eed).shuffle(prepared);
  const parts: { readonly train: PreparedExample[]; readonly test: readonly PreparedExample[] }[] = [];
  for (let fold = 0; fold < (many ? 1 : share); fold += 1) {
    parts.push({ train: order.filter((_, i) => i % share !== fold), test: order.filter((_, i) => i % share === fold) });
  }
  if (unseen.length > 0) parts.push({ train: order, test: unseen });
  const rounds = parts.map(({ train, test }) => {
    const learner = new Learner(createModel(train, frame, asWords), learnerOptions(multiplier));
    return {
      learner,
      random: createRandom(seed),
      rows: train.map((example) => learner.compile(example)),
      test: test.map((example) => learner.compile(example)),
    };
  });
  const losses = [rounds.reduce((sum, { learner, test }) => sum + learner.evaluate(test).loss, 0)];
  let least = 0;
  for (let epoch = 1; epoch <= most; epoch += 1) {
    onProgress({ multiplier, epoch, most });
    let loss = 0;
    for (const { learner, random, rows, test } of rounds) {
      const shuffled = random.shuffle(rows);
      for (let from = 0; from < shuffled.length; from += batchSize) {
        if (signal.aborted) return null;
        learner.step(shuffled.slice(from, from + batchSize));
      }
      loss += learner.evaluate(test).loss;
    }
    losses.push(loss);
    if (least === 0 || loss < (losses[least] ?? Infinity)) least = epoch;
    if (question.nEpochs === 'auto' && epoch - least >= PATIENCE) break;
  }
  return losses;
}
