// Errors of the linear engine on rows that it has not seen, after training on nested parts of a file: the measured side of *Would More Data
// Help?*. What follows from them is computed in src/core/dataset/dataCurve.
import { createRandom } from '../../core/base/random.ts';
import { answerError } from '../../core/dataset/dataCurve/answerError.ts';
import type { CurveMeasurement } from '../../core/dataset/dataCurve/measurement.ts';
import type { ChatExample, ChatMessage } from '../../core/dataset/example.ts';
import { median } from '../../core/dataset/report/answers.ts';
import { readNumber } from '../../core/evaluation/readNumber.ts';
import { chooseSettings, type ChosenSettings } from '../engines/linear/chooseSettings.ts';
import { LinearCompleter } from '../engines/linear/decode.ts';
import type { PromptFrame } from '../engines/linear/features.ts';
import {
  frameOf,
  numbersAreNames,
  prepare,
  turnsOf,
  type PreparedExample,
  type Target,
} from '../engines/linear/prepare.ts';
import { autoBatchSize } from '../engines/linear/settings.ts';
import { trainModel } from '../engines/linear/trainModel.ts';
import { FOLDS, planOf } from '../../core/dataset/dataCurve/plan.ts';

/** Parts of the training rows that are trained on, each within the next. */
const SHARES = [0.125, 0.25, 0.5, 0.75, 1];
/** Share of answers with a number from which the error is a distance. */
const NUMERIC = 0.9;

/** Errors with what is needed to show single rows. */
export interface MeasuredCurve extends CurveMeasurement {
  /** Tested rows, by their place in the list that they are of. */
  readonly places: readonly number[];
  /** Answers to the tested rows by the model of the largest size. */
  readonly said: readonly string[];
  /** Summed −ln p of the right answers by the model of the largest size, in nats. */
  readonly losses: Float64Array;
}

export interface MeasureOptions {
  /** Rows to test with; null: the examples themselves, by cross-validation. */
  readonly validation: readonly ChatExample[] | null;
  /** Parts of the training rows to train on; default: `SHARES`. */
  readonly shares?: readonly number[];
  /** Any integer; the same rows and seed give the same figures. */
  readonly seed: number;
  /** Told the share that is done, 0…1. */
  readonly onProgress?: (share: number) => void;
  readonly signal: { readonly aborted: boolean };
}

interface Question {
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
  readonly target: Target;
}

/** Trainings on the first rows of one order, and the rows that they are tested on. */
interface Split {
  readonly repeat: number;
  readonly seen: readonly number[];
  readonly held: readonly number[];
}

/** Measures the errors. Every example must have a last answer in text. Null when aborted. */
export async function measureCurve(
  examples: readonly ChatExample[],
  { validation, shares = SHARES, seed, onProgress = () => undefined, signal }: MeasureOptions,
): Promise<MeasuredCurve | null> {
  const frame = frameOf(examples);
  const asWords = numbersAreNames(examples);
  const prepared = examples.map((example) => prepare(example, frame, asWords));
  const question = (example: ChatExample): Question => lastQuestion(example, frame, asWords);
  const own = examples.map(question);
  const tests = validation?.map(question) ?? own;
  const kind = !asWords && mostHaveNumbers(own) ? 'numbers' : 'texts';
  const pool = validation === null ? examples.length - Math.ceil(examples.length / FOLDS) : examples.length;
  const sizes = shares.map((share) => Math.round(share * pool));
  const settings: ChosenSettings[] = [];
  const tally = new Tally(sizes.length, tests.length);
  const splits = splitsOf(examples.length, validation?.length ?? null, seed);
  const work = splits.length * sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const { repeat, seen, held } of splits) {
    const same = constantOf(seen.slice(0, pool), own, kind);
    for (const [at, size] of sizes.entries()) {
      const rows = seen.slice(0, size).flatMap((index) => prepared[index] ?? []);
      const chosen = settings[at] ?? settingsFor(rows, frame, asWords, seed, signal);
      if (chosen === null) return null;
      settings[at] = chosen;
      const batchSize = autoBatchSize(rows.length);
      const { nEpochs, multiplier } = chosen;
      const training = { frame, asWords, batchSize, nEpochs, multiplier, seed: seed + repeat };
      const trained = await trainModel(rows, training, signal);
      if (trained === null) return null;
      const completer = new LinearCompleter(trained.model);
      const isLargest = at === sizes.length - 1;
      for (const index of held) {
        const test = tests[index];
        if (test === undefined) continue;
        if (signal.aborted) return null;
        const reply = await ask(completer, test.prompt, seed);
        tally.add(at, index, answerError(reply, test.answer, kind));
        if (!isLargest) continue;
        const { loss } = trained.learner.evaluate([trained.learner.compile({ targets: [test.target] })]);
        tally.largest(index, { said: reply, constant: answerError(same, test.answer, kind), loss });
      }
      done += size;
      onProgress(done / work);
    }
  }
  return { kind, rows: examples.length, crossValidated: validation === null, sizes, ...tally.result() };
}

/** Sums of errors by size and row. */
class Tally {
  readonly #errors: readonly Float64Array[];
  readonly #constant: Float64Array;
  readonly #losses: Float64Array;
  readonly #times: Uint32Array;
  readonly #said: (string | undefined)[];

  constructor(sizes: number, rows: number) {
    this.#errors = Array.from({ length: sizes }, () => new Float64Array(rows));
    this.#constant = new Float64Array(rows);
    this.#losses = new Float64Array(rows);
    this.#times = new Uint32Array(rows);
    this.#said = Array.from({ length: rows });
  }

  add(size: number, row: number, error: number): void {
    const line = this.#errors[size];
    if (line) line[row] = (line[row] ?? 0) + error;
  }

  /** Notes the reply of a model of the largest size, the loss of the right answer, and the error of the constant one. */
  largest(row: number, one: { readonly said: string; readonly constant: number; readonly loss: number }): void {
    this.#said[row] ??= one.said;
    this.#times[row] = (this.#times[row] ?? 0) + 1;
    this.#constant[row] = (this.#constant[row] ?? 0) + one.constant;
    this.#losses[row] = (this.#losses[row] ?? 0) + one.loss;
  }

  result(): Pick<MeasuredCurve, 'errors' | 'constant' | 'losses' | 'places' | 'said'> {
    const places = [...this.#times.keys()].filter((row) => (this.#times[row] ?? 0) > 0);
    const mean = (line: Float64Array): Float64Array =>
      Float64Array.from(places, (row) => (line[row] ?? 0) / (this.#times[row] ?? 1));
    return {
      errors: this.#errors.map(mean),
      constant: mean(this.#constant),
      losses: mean(this.#losses),
      places,
      said: places.map((row) => this.#said[row] ?? ''),
    };
  }
}

function splitsOf(rows: number, validationRows: number | null, seed: number): readonly Split[] {
  const { repeats, folds } = planOf(rows, validationRows === null);
  return Array.from({ length: repeats }, (_, repeat) => {
    const order = createRandom(seed + 7919 * repeat).shuffle(Array.from({ length: rows }, (__, index) => index));
    if (validationRows !== null)
      return [{ repeat, seen: order, held: Array.from({ length: validationRows }, (__, index) => index) }];
    return Array.from({ length: folds }, (__, fold) => ({
      repeat,
      seen: order.filter((___, place) => place % FOLDS !== fold),
      held: order.filter((___, place) => place % FOLDS === fold),
    }));
  }).flat();
}

function settingsFor(
  prepared: readonly PreparedExample[],
  frame: PromptFrame,
  asWords: boolean,
  seed: number,
  signal: { readonly aborted: boolean },
): ChosenSettings | null {
  const batchSize = autoBatchSize(prepared.length);
  return chooseSettings(
    { prepared, unseen: [], frame, asWords, batchSize, nEpochs: 'auto', multiplier: 'auto', seed },
    signal,
  );
}

function lastQuestion(example: ChatExample, frame: PromptFrame, asWords: boolean): Question {
  const turn = turnsOf(example).at(-1);
  const target = prepare(example, frame, asWords).targets.at(-1);
  if (turn === undefined || target === undefined) throw new Error('Every example needs an answer in text.');
  return { ...turn, target };
}

function mostHaveNumbers(questions: readonly Question[]): boolean {
  const numbers = questions.filter(({ answer }) => readNumber(answer) !== null);
  return numbers.length >= NUMERIC * questions.length;
}

/** Best answer that is the same for all: the median number, else the most frequent answer. */
function constantOf(rows: readonly number[], questions: readonly Question[], kind: 'numbers' | 'texts'): string {
  const answers = rows.map((row) => questions[row]?.answer ?? '');
  if (kind === 'numbers') return String(median(answers.flatMap((answer) => readNumber(answer) ?? [])));
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ['', 0])[0];
}

async function ask(completer: LinearCompleter, messages: readonly ChatMessage[], seed: number): Promise<string> {
  const request = { messages, temperature: 0, topP: 1, seed, maxTokens: null, stop: [], n: 1 };
  return (await completer.complete(request, NEVER)).completions[0]?.text ?? '';
}

const NEVER = new AbortController().signal;
