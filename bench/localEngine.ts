import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { ChatExample } from '../src/core/dataset/example.ts';
import { textOf } from '../src/core/dataset/example.ts';
import { median } from '../src/core/dataset/report/answers.ts';
import { readNumber } from '../src/core/evaluation/readNumber.ts';
import { createRandom } from '../src/core/base/random.ts';
import type { LoadedModel } from '../src/local/engines/engine.ts';
import { LinearEngine } from '../src/local/engines/linear/linearEngine.ts';
import { readExamples } from '../test/support/plantedAnswers.ts';
import type { Row } from './table.ts';

const SEEDS = [1, 2, 3];
const PREFIX = 'Price is $';

interface Split {
  readonly train: readonly ChatExample[];
  readonly test: readonly ChatExample[];
}

/** Everything at defaults (`auto`), no validation file, temperature 0; the test rows are seen for the first time when they are asked. */
export async function benchLocalEngine(dataFolder: string | undefined, samples: string): Promise<Row[]> {
  if (dataFolder === undefined) return benchSamples(samples);
  const prices = (train: string, test: string): Split => ({
    train: readExamples(path.join(dataFolder, train)),
    test: readExamples(path.join(dataFolder, test)),
  });
  const students = prices(
    'lesson/students/emmy_fine_tune_train.jsonl',
    'lesson/students/emmy_fine_tune_validation.jsonl',
  );
  const lesson = prices('lesson/pricer_v1_fine_tune_train_200.jsonl', 'lesson/pricer_v1_fine_tune_validation_50.jsonl');
  return [
    await priceRow('prices, 400 rows (lesson/students/emmy_*)', () => students, 0.92),
    await priceRow('prices, the lesson’s own 200 rows', () => lesson, 0.96),
    await priceRow('prices, both files mixed: 450 rows, 300 asked', (seed) => resplit(students, lesson, seed), 0.96),
    await shuffledRow('prices, 400 rows, answers shuffled', students),
    await shuffledRow('prices, 200 rows, answers shuffled', lesson),
    await intentRow('intents, ten most frequent of banking77, 500 rows', (seed) => topIntents(dataFolder, seed), 0.88),
    await intentRow('intents, all 77 of banking77, 10,003 rows', () => allIntents(dataFolder), 0.86, [1]),
    speedRow('2,000 price rows, one core', [...students.train, ...lesson.train]),
  ];
}

async function benchSamples(samples: string): Promise<Row[]> {
  if (!existsSync(path.join(samples, 'prices.train.jsonl'))) return [];
  const split = (name: string): Split => ({
    train: readExamples(path.join(samples, `${name}.train.jsonl`)),
    test: readExamples(path.join(samples, `${name}.test.jsonl`)),
  });
  const prices = split('prices');
  const topics = split('topics');
  return [
    await priceRow(`prices, ${String(prices.train.length)} synthetic rows (samples/)`, () => prices, 0.92),
    await shuffledRow('the same, answers shuffled', prices),
    await intentRow(`topics, ${String(topics.train.length)} synthetic rows (samples/)`, () => topics, 0.88),
    speedRow('2,000 price rows, one core', prices.train),
  ];
}

interface Timed {
  readonly model: LoadedModel;
  readonly cpuSeconds: number;
}

export function train(examples: readonly ChatExample[], seed: number): Timed {
  const engine = new LinearEngine();
  let bytes: Uint8Array = new Uint8Array();
  const before = process.cpuUsage();
  engine.train(
    {
      examples,
      validation: [],
      hyperparameters: { nEpochs: 'auto', batchSize: 'auto', learningRateMultiplier: 'auto' },
      seed,
      resume: null,
    },
    {
      started: () => undefined,
      notice: () => undefined,
      metrics: () => undefined,
      checkpoint: ({ model }) => {
        bytes = model;
      },
    },
    { aborted: false },
  );
  const { user, system } = process.cpuUsage(before);
  return { model: engine.load(bytes), cpuSeconds: (user + system) / 1e6 };
}

async function ask(model: LoadedModel, example: ChatExample, prefix: string): Promise<string> {
  const prompt = example.messages.slice(0, -1);
  const messages = prefix === '' ? prompt : [...prompt, { role: 'assistant' as const, content: prefix }];
  const { completions } = await model.complete(
    { messages, temperature: 0, topP: 1, seed: 42, maxTokens: prefix === '' ? null : 7, stop: [], n: 1 },
    new AbortController().signal,
  );
  return completions[0]?.text ?? '';
}

function answerOf(example: ChatExample): string {
  return textOf(example.messages.at(-1) ?? { content: '' });
}

function priceOf(text: string): number {
  return readNumber(text) ?? 0;
}

/** Mean error over that of always answering the median of the training answers. */
async function ratio({ train: rows, test }: Split, model: LoadedModel): Promise<number> {
  const constant = median(rows.map((row) => priceOf(answerOf(row))));
  let error = 0;
  let constantError = 0;
  for (const item of test) {
    const truth = priceOf(answerOf(item));
    error += Math.abs(priceOf(await ask(model, item, PREFIX)) - truth);
    constantError += Math.abs(constant - truth);
  }
  return error / constantError;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}`;
}

async function measured(
  split: (seed: number) => Split,
  figure: (split: Split, model: LoadedModel) => Promise<number>,
  seeds = SEEDS,
): Promise<{ values: number[]; note: string }> {
  let cpu = 0;
  const values: number[] = [];
  for (const seed of seeds) {
    const rows = split(seed);
    const { model, cpuSeconds } = train(rows.train, seed);
    cpu += cpuSeconds / seeds.length;
    values.push(await figure(rows, model));
  }
  return {
    values,
    note: `seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}: ${spread(values, 3)}; ${cpu.toFixed(1)} CPU s a training`,
  };
}

async function priceRow(name: string, split: (seed: number) => Split, most: number): Promise<Row> {
  const { values, note } = await measured(split, ratio);
  const value = mean(values);
  return {
    name,
    figure: `${value.toFixed(3)} × constant’s error`,
    goal: `≤ ${most.toFixed(2)}`,
    met: value <= most,
    note,
  };
}

async function shuffledRow(name: string, split: Split): Promise<Row> {
  const shuffled = (seed: number): Split => {
    const answers = createRandom(seed).shuffle(split.train.map(answerOf));
    const rows = split.train.map(({ messages }, i) => ({
      messages: [...messages.slice(0, -1), { role: 'assistant' as const, content: answers[i] ?? '' }],
    }));
    return { train: rows, test: split.test };
  };
  const { values, note } = await measured(shuffled, ratio);
  const value = mean(values);
  return {
    name,
    figure: `${value.toFixed(3)} × constant’s error`,
    goal: '0.95 … 1.05',
    met: value >= 0.95 && value <= 1.05,
    note,
  };
}

async function intentRow(name: string, split: (seed: number) => Split, least: number, seeds = SEEDS): Promise<Row> {
  const { values, note } = await measured(
    split,
    async ({ test }, model) => {
      let right = 0;
      for (const item of test) if ((await ask(model, item, '')).trim() === answerOf(item).trim()) right += 1;
      return right / test.length;
    },
    seeds,
  );
  const value = mean(values);
  return { name, figure: `${value.toFixed(3)} right`, goal: `≥ ${least.toFixed(2)}`, met: value >= least, note };
}

/** Rows drawn again with a word changed, so that they are as long and as various as real ones. */
function speedRow(name: string, source: readonly ChatExample[]): Row {
  const random = createRandom(1);
  const rows = Array.from({ length: 2000 }, (_, i) => {
    const { messages } = random.pick(source);
    const question = `${textOf(messages.at(-2) ?? { content: '' })} item ${String(i)}`;
    return {
      messages: [...messages.slice(0, -2), { role: 'user' as const, content: question }, ...messages.slice(-1)],
    };
  });
  const { cpuSeconds } = train(rows, 1);
  return {
    name,
    figure: `${cpuSeconds.toFixed(1)} CPU s`,
    goal: '≤ 30',
    met: cpuSeconds <= 30,
    note: 'choice of epochs and rate included',
  };
}

function resplit(students: Split, lesson: Split, seed: number): Split {
  const random = createRandom(seed);
  const half = (rows: readonly ChatExample[]): [ChatExample[], ChatExample[]] => {
    const order = random.shuffle(rows);
    const cut = Math.floor(order.length * 0.6);
    return [order.slice(0, cut), order.slice(cut)];
  };
  const [trainA, testA] = half([...students.train, ...students.test]);
  const [trainB, testB] = half([...lesson.train, ...lesson.test]);
  return { train: [...trainA, ...trainB], test: [...testA, ...testB] };
}

interface Question {
  readonly text: string;
  readonly category: string;
}

export function readQuestions(dataFolder: string, name: string): Question[] {
  return parse(readFileSync(path.join(dataFolder, 'banking77', name), 'utf8'), { columns: true, relax_quotes: true });
}

export function chat({ text, category }: Question): ChatExample {
  return {
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: category },
    ],
  };
}

function allIntents(dataFolder: string): Split {
  const [train, test] = [readQuestions(dataFolder, 'train.csv'), readQuestions(dataFolder, 'test.csv')];
  return { train: createRandom(1).shuffle(train).map(chat), test: test.map(chat) };
}

function topIntents(dataFolder: string, seed: number): Split {
  const training = readQuestions(dataFolder, 'train.csv');
  const counts = new Map<string, number>();
  for (const { category } of training) counts.set(category, (counts.get(category) ?? 0) + 1);
  const top = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 10)
    .map(([category]) => category);
  const random = createRandom(seed);
  const rows = top.flatMap((category) =>
    random.shuffle(training.filter((row) => row.category === category)).slice(0, 50),
  );
  const test = readQuestions(dataFolder, 'test.csv').filter((row) => top.includes(row.category));
  return { train: random.shuffle(rows).map(chat), test: test.map(chat) };
}
