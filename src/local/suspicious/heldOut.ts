// What models say of rows that they have not seen: the linear engine, trained on four fifths of a file and asked about the rest, five times.
import { createRandom } from '../../core/base/random.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import { chooseSettings } from '../engines/linear/chooseSettings.ts';
import { LinearCompleter } from '../engines/linear/decode.ts';
import { frameOf, numbersAreNames, prepare, turnsOf } from '../engines/linear/prepare.ts';
import { autoBatchSize } from '../engines/linear/settings.ts';
import { trainModel } from '../engines/linear/trainModel.ts';

export const FOLDS = 5;
/** A small file is divided this often in other ways: which rows fell into one part decides less then. */
const REPEATS = 3;
const FEW_ROWS = 1000;

/** What is said of the last answer of an example. */
export interface HeldOut {
  /** Probability of its answer, 0…1, by the models that have not seen it. */
  readonly probability: number;
  /** Answer that they give: the most probable word, the median of numbers. */
  readonly expected: string;
}

export interface HeldOutFile {
  /** In the order of the examples. */
  readonly rows: readonly HeldOut[];
  /** Whether the prompts help to predict answers that were held back; where they do not, nothing can be said of single answers. */
  readonly helps: boolean;
}

export interface HeldOutOptions {
  /** Any integer; the same file and seed give the same figures. */
  readonly seed: number;
  /** Told the share that is done, 0…1. */
  readonly onProgress?: (share: number) => void;
  readonly signal: { readonly aborted: boolean };
}

/** Judges every example by models that were trained without it. Each must have an answer in text. Null when aborted. */
export async function judgeHeldOut(
  examples: readonly ChatExample[],
  { seed, onProgress = () => undefined, signal }: HeldOutOptions,
): Promise<HeldOutFile | null> {
  const frame = frameOf(examples);
  const asWords = numbersAreNames(examples);
  const prepared = examples.map((example) => prepare(example, frame, asWords));
  const batchSize = autoBatchSize(examples.length);
  const question = {
    prepared,
    unseen: [],
    frame,
    asWords,
    batchSize,
    nEpochs: 'auto',
    multiplier: 'auto',
    seed,
  } as const;
  const settings = chooseSettings(question, signal);
  if (settings === null) return null;
  const parts = FOLDS * (examples.length <= FEW_ROWS ? REPEATS : 1);
  onProgress(1 / (parts + 1));
  const losses = new Float64Array(examples.length);
  const expected = new Map<number, string>();
  let order: readonly number[] = [];
  for (let part = 0; part < parts; part += 1) {
    const fold = part % FOLDS;
    if (fold === 0) order = createRandom(seed + part).shuffle(examples.map((_, index) => index));
    const seen = order.flatMap((index, place) => (place % FOLDS === fold ? [] : (prepared[index] ?? [])));
    const { nEpochs, multiplier } = settings;
    const training = { frame, asWords, batchSize, nEpochs, multiplier, seed };
    const trained = await trainModel(seen, training, signal, (epoch) => {
      onProgress((part + 1 + epoch / (nEpochs + 1)) / (parts + 1));
    });
    if (trained === null) return null;
    const { model, learner } = trained;
    const completer = new LinearCompleter(model);
    for (const [place, index] of order.entries()) {
      if (place % FOLDS !== fold) continue;
      const [example, own] = [examples[index], prepared[index]];
      const turn = example === undefined ? undefined : turnsOf(example).at(-1);
      const target = own?.targets.at(-1);
      if (turn === undefined || target === undefined) throw new Error('Every example needs an answer in text.');
      if (signal.aborted) return null;
      const { loss } = learner.evaluate([learner.compile({ targets: [target] })]);
      const asked = { messages: turn.prompt, temperature: 0, topP: 1, seed, maxTokens: null, stop: [], n: 1 };
      losses[index] = (losses[index] ?? 0) + loss;
      if (!expected.has(index))
        expected.set(index, (await completer.complete(asked, NEVER)).completions[0]?.text ?? '');
    }
    onProgress((part + 2) / (parts + 1));
  }
  const rows = examples.map((_, index): HeldOut => {
    // The geometric mean over the ways in which the file was divided.
    const probability = Math.exp((-(losses[index] ?? 0) * FOLDS) / parts);
    return { probability, expected: expected.get(index) ?? '' };
  });
  return { rows, helps: settings.helps };
}

const NEVER = new AbortController().signal;
