import path from 'node:path';
import { createRandom } from '../src/core/base/random.ts';
import type { ChatExample } from '../src/core/dataset/example.ts';
import { judgeReplacement, type ReplacementFacts } from '../src/core/evaluation/comparison/replacement.ts';
import { readNumber } from '../src/core/evaluation/readNumber.ts';
import { joinSamples } from '../src/core/evaluation/samples.ts';
import type { GraderType, RowResult, RowSample } from '../src/core/evaluation/types.ts';
import type { LoadedModel } from '../src/local/engines/engine.ts';
import { answerOf, readExamples } from '../test/support/plantedAnswers.ts';
import { chat, readQuestions, train } from './localEngine.ts';
import { mostFrequent } from './suspicious.ts';
import type { Row } from './table.ts';

const CASES = 200;
/** Replies to each item, of which each case draws its own; none is in both models. */
const POOL = 40;
const SAMPLES = 3;
const LEAST_EQUAL = 0.8;
const MOST_FALSE = 0.05;

/** One item with many replies of one model. */
interface Item {
  readonly truth: string;
  readonly replies: readonly string[];
}

/** Replies of the local engine at temperature 1 to real items: how often a replacement that is the same model is called equal. */
export async function replacementBench(dataFolder: string | undefined): Promise<Row[]> {
  if (dataFolder === undefined) return [];
  const random = createRandom(1);
  const emmy = ['train', 'validation'].flatMap((part) =>
    readExamples(path.join(dataFolder, `lesson/students/emmy_fine_tune_${part}.jsonl`)),
  );
  const prices = random.shuffle(emmy);
  const intents = random.shuffle(mostFrequent(readQuestions(dataFolder, 'train.csv').map(chat)).flat());
  return [
    ...(await rowsOf('prices of emmy', 'number', prices.slice(0, 200), prices.slice(200))),
    ...(await rowsOf('ten intents of banking77', 'label', intents.slice(0, 300), intents.slice(300, 700))),
  ];
}

async function rowsOf(
  name: string,
  grader: GraderType,
  known: readonly ChatExample[],
  asked: readonly ChatExample[],
): Promise<Row[]> {
  const { model } = train(known, 1);
  const items: Item[] = [];
  for (const example of asked)
    items.push({ truth: answerOf(example), replies: await repliesTo(model, example, grader) });
  const margin = marginFor(items, grader);
  const worse = worsened(items, grader, margin);
  const equal = shareOf((seed) => isEqual(caseOf(items, items, grader, margin, seed)));
  const falseEqual = shareOf((seed) => isEqual(caseOf(worse, items, grader, margin, seed)));
  const falseGood = shareOf((seed) => caseOf(worse, items, grader, margin, seed).quality === 'equal');
  const note = `${String(items.length)} items, ${String(SAMPLES)} of ${String(POOL)} replies a case; margin ±${margin.toPrecision(3)}, for which so many items are enough`;
  return [
    {
      name: `${name}: the same model is called equal`,
      figure: `${(100 * equal).toFixed(1)} %`,
      goal: `≥ ${String(100 * LEAST_EQUAL)} %`,
      met: equal >= LEAST_EQUAL,
      note,
    },
    {
      name: `${name}: one that is worse by the margin is called equal`,
      figure: `${(100 * falseEqual).toFixed(1)} %`,
      goal: `≤ ${String(100 * MOST_FALSE)} %`,
      met: falseEqual <= MOST_FALSE,
      note: `called as good, with other answers: ${(100 * (falseGood - falseEqual)).toFixed(1)} %`,
    },
  ];
}

async function repliesTo(model: LoadedModel, example: ChatExample, grader: GraderType): Promise<readonly string[]> {
  const prompt = example.messages.slice(0, -1);
  const isNumber = grader === 'number';
  const messages = isNumber ? [...prompt, { role: 'assistant' as const, content: 'Price is $' }] : prompt;
  const replies: string[] = [];
  for (let seed = 0; seed < POOL; seed += 1) {
    const { completions } = await model.complete(
      { messages, temperature: 1, topP: 1, seed, maxTokens: isNumber ? 7 : null, stop: [], n: 1 },
      new AbortController().signal,
    );
    replies.push(completions[0]?.text ?? '');
  }
  return replies;
}

function rowOf(
  contestant: string,
  item: number,
  truth: string,
  replies: readonly string[],
  grader: GraderType,
): RowResult {
  const expected = grader === 'number' ? (readNumber(truth) ?? 0) : truth.trim();
  const samples = replies.map((sample): RowSample => {
    if (grader !== 'number') {
      const guess = sample.trim();
      return { sample, status: 'graded', guess, error: null, colour: guess === expected ? 'green' : 'red' };
    }
    const guess = readNumber(sample);
    const error = guess === null ? null : Math.abs(guess - Number(expected));
    return { sample, status: guess === null ? 'no-number' : 'graded', guess, error, colour: 'red' };
  });
  return { contestant, item, ...joinSamples(grader, expected, samples) };
}

/** Replies of both models, drawn without putting back: neither has one of the other's. */
function caseOf(
  replacement: readonly Item[],
  old: readonly Item[],
  grader: GraderType,
  margin: number,
  seed: number,
): ReplacementFacts {
  const random = createRandom(seed);
  const a = new Map<number, RowResult>();
  const b = new Map<number, RowResult>();
  for (const [item, { truth, replies }] of old.entries()) {
    const order = random.shuffle(replies.map((_, at) => at));
    const of = (one: Item | undefined, from: number): string[] =>
      order.slice(from, from + SAMPLES).map((at) => one?.replies[at] ?? '');
    b.set(item, rowOf('b', item, truth, of(old[item], 0), grader));
    a.set(item, rowOf('a', item, truth, of(replacement[item], SAMPLES), grader));
  }
  return judgeReplacement({
    a: { id: 'a', rows: a },
    b: { id: 'b', rows: b },
    grader,
    primary: grader === 'number' ? 'mae' : 'accuracy',
    replacement: { margin, temperature: 1, unrecorded: 0 },
    clusterOf: (item) => item,
  });
}

function isEqual({ quality, answers }: ReplacementFacts): boolean {
  return quality === 'equal' && answers.verdict === 'same';
}

function shareOf(of: (seed: number) => boolean): number {
  let found = 0;
  for (let seed = 1; seed <= CASES; seed += 1) found += Number(of(seed));
  return found / CASES;
}

/** Margin for which the product asks for as many items as there are, by the mean of twenty cases. */
function marginFor(items: readonly Item[], grader: GraderType): number {
  const tiny = 1e-3;
  let needed = 0;
  for (let seed = 1001; seed <= 1020; seed += 1)
    needed += (caseOf(items, items, grader, tiny, seed).needed?.to ?? NaN) / 20;
  return tiny * Math.sqrt(needed / items.length);
}

/** The same model with errors that are larger by the margin in the mean: numbers by a factor, labels wrong at random. */
function worsened(items: readonly Item[], grader: GraderType, margin: number): readonly Item[] {
  const error = (of: readonly Item[]): number => {
    let sum = 0;
    for (const [item, { truth, replies }] of of.entries()) {
      // Over all replies in threes, as a case joins them.
      let own = 0;
      const groups = Math.floor(replies.length / SAMPLES);
      for (let at = 0; at < groups; at += 1) {
        const row = rowOf('a', item, truth, replies.slice(at * SAMPLES, (at + 1) * SAMPLES), grader);
        own += grader === 'number' ? (row.error ?? 0) : Number(row.colour !== 'green');
      }
      sum += own / groups;
    }
    return sum / of.length;
  };
  const before = error(items);
  const by = (size: number): readonly Item[] => {
    const random = createRandom(77);
    return items.map(({ truth, replies }) => ({
      truth,
      replies: replies.map((reply) => {
        if (grader === 'number') return String((readNumber(reply) ?? 0) * (1 + size));
        return random.next() < size ? 'another intent' : reply;
      }),
    }));
  };
  let size = 0;
  for (let step = grader === 'number' ? 1 : 0.5; step > 1e-3; step /= 2)
    if (error(by(size + step)) - before < margin) size += step;
  return by(size + 1e-3);
}
