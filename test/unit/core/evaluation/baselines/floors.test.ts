import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../src/core/base/random.ts';
import { answerFromWords, numberFromWords } from '../../../../../src/core/evaluation/baselines/bagOfWords.ts';
import { createAnswerCollector } from '../../../../../src/core/dataset/report/answers.ts';
import {
  ended,
  floorsInSteps,
  listedFloors,
  type FloorInput,
} from '../../../../../src/core/evaluation/baselines/floors.ts';
import { NeighborIndex } from '../../../../../src/core/evaluation/baselines/nearest.ts';
import { wordsOf } from '../../../../../src/core/evaluation/baselines/words.ts';

const DATA = process.env['TUNING_FORK_DATA_DIR'];

describe('the nearest training example', () => {
  it('is the one that shares the rarest words, of equal ones the earlier', () => {
    const index = new NeighborIndex([
      { question: 'How much is the red kettle?' },
      { question: 'How much is the blue teapot with a lid?' },
      { question: 'How much is the blue teapot with a lid?' },
      { question: 'Ein Wasserkocher' },
    ]);
    expect(index.nearest('How much is a TEAPOT, blue?', 2).map((found) => found.index)).toEqual([1, 2]);
    expect(index.nearest('How much is the red kettle?', 1)[0]?.similarity).toBeCloseTo(1, 12);
    expect(index.nearest('Привет', 3)).toEqual([]);
    // The index is not used up by a question.
    expect(index.nearest('Wasserkocher', 1)[0]).toEqual(index.nearest('Wasserkocher', 1)[0]);
  });

  it('agrees with the cosine of whole TF-IDF vectors, computed pair by pair', () => {
    const random = createRandom(7);
    const words = Array.from({ length: 60 }, (_, i) => `w${String(i)}`);
    const texts = Array.from({ length: 80 }, () =>
      Array.from({ length: 12 }, () => words[Math.floor(random.next() ** 2 * 60)] ?? '').join(' '),
    );
    const training = texts.slice(0, 60).map((question) => ({ question }));
    const index = new NeighborIndex(training);
    const df = (word: string): number => training.filter(({ question }) => wordsOf(question).includes(word)).length;
    const vector = (text: string): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const [word, count] of counts)
        counts.set(word, df(word) === 0 ? 0 : count * (Math.log(61 / (1 + df(word))) + 1));
      const length = Math.hypot(...counts.values());
      return new Map([...counts].map(([word, weight]) => [word, weight / length]));
    };
    for (const text of texts.slice(60)) {
      const asked = vector(text);
      const similarities = training.map(({ question }) => {
        let sum = 0;
        for (const [word, weight] of vector(question)) sum += weight * (asked.get(word) ?? 0);
        return sum;
      });
      expect(index.nearest(text, 1)[0]?.similarity).toBeCloseTo(Math.max(...similarities), 10);
      // A short list is the beginning of the whole one, nearest first, of equal ones the earlier.
      const all = index.nearest(text, 60);
      expect(all).toEqual([...all].sort((a, b) => b.similarity - a.similarity || a.index - b.index));
      for (const most of [1, 2, 7]) expect(index.nearest(text, most)).toEqual(all.slice(0, most));
    }
  });
});

describe('the floors of an evaluation', () => {
  const input = (rows: number, examples: number): FloorInput => {
    const pair = (n: number) => ({ question: `How much is thing ${String(n)}?`, answer: String(n) });
    const pairs = Array.from({ length: examples }, (_, n) => pair(n));
    const answers = createAnswerCollector(() => 0);
    for (const { answer } of pairs) answers.add(answer);
    const items = Array.from({ length: rows }, (_, index) => ({
      index,
      line: index + 1,
      title: '',
      messages: [{ role: 'user' as const, content: pair(index).question }],
      truth: pair(index).answer,
    }));
    return {
      grader: 'number',
      items,
      training: { answers: answers.figures(), pairs },
      truthPrefix: null,
      numberReader: { version: 2, decimalMark: 'point' },
    };
  };

  it('are made in steps that leave room for other work', () => {
    const steps = floorsInSteps(input(200, 40), []);
    let count = 0;
    for (let step = steps.next(); step.done !== true; step = steps.next()) count += 1;
    expect(count).toBeGreaterThan(4);
    expect(Object.keys(ended(floorsInSteps(input(200, 40), [])))).toEqual(['constant', 'nearest', 'bagOfWords']);
  });

  it('leave the nearest example out where it would take minutes, unless the file lists it', () => {
    const large = input(50_001, 1000);
    expect(Object.keys(ended(floorsInSteps({ ...large, grader: 'string_check' }, [])))).toEqual(['constant']);
    // The first steps: constant, then the first items of the nearest example.
    const steps = floorsInSteps(large, ['nearest']);
    steps.next();
    expect(listedFloors({ contestants: [{ label: 'near', floor: 'nearest' }] })).toEqual(['nearest']);
    expect(steps.next().done).toBe(false);
  });
});

describe('a bag of words', () => {
  it('learns numbers from words, and stays within the numbers it has seen', () => {
    const random = createRandom(3);
    const price: Readonly<Record<string, number>> = { gold: 900, silver: 300, brass: 60, wood: 15 };
    const make = (): { question: string; number: number } => {
      const material = random.pick(Object.keys(price));
      const size = random.pick(['small', 'large']);
      return {
        question: `Price of a ${size} ring of ${material}?`,
        number: (price[material] ?? 0) * (size === 'large' ? 2 : 1) * (0.9 + 0.2 * random.next()),
      };
    };
    const training = Array.from({ length: 300 }, make);
    const guess = numberFromWords(training);
    const test = Array.from({ length: 100 }, make);
    const ratio = test.map(({ question, number }) => Math.abs(Math.log((guess?.(question) ?? NaN) / number)));
    expect(Math.max(...ratio)).toBeLessThan(0.2);
    const numbers = training.map(({ number }) => number);
    expect(guess?.('gold gold large silver brass')).toBeLessThanOrEqual(Math.max(...numbers));
    expect(guess?.('')).toBeGreaterThanOrEqual(Math.min(...numbers));
    expect(numberFromWords([{ question: 'x', number: 1 }])).toBeNull();
    expect(
      Number.isFinite(
        numberFromWords([
          { question: 'a', number: -5 },
          { question: 'b', number: 1e300 },
        ])?.('a'),
      ),
    ).toBe(true);
  });

  it('learns labels from words, and leaves texts alone', () => {
    const training = Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0
        ? { question: `My card was stolen in town ${String(i)}`, answer: 'card' }
        : { question: `The transfer to my bank is late, day ${String(i)}`, answer: 'transfer' },
    );
    const guess = answerFromWords(training);
    expect([guess?.('a stolen card'), guess?.('my transfer is late')]).toEqual(['card', 'transfer']);
    expect(answerFromWords(training.map((pair, i) => ({ ...pair, answer: `Text ${String(i)}` })))).toBeNull();
    expect(answerFromWords([])).toBeNull();
  });

  it.skipIf(DATA === undefined)('beats the constant on the prices of the lesson', () => {
    const read = (file: string): { question: string; number: number }[] =>
      readFileSync(path.join(DATA ?? '', 'lesson', file), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const { messages } = JSON.parse(line) as { messages: { role: string; content: string }[] };
          const answer = messages.at(-1)?.content ?? '';
          return {
            question: messages.at(-2)?.content ?? '',
            number: Number(/[\d.]+/.exec(answer.replace(/,/g, ''))?.[0]),
          };
        });
    const training = read('pricer_v1_fine_tune_train_200.jsonl');
    const test = read('pricer_v1_fine_tune_validation_50.jsonl');
    const guess = numberFromWords(training);
    const order = training.map(({ number }) => number).sort((a, b) => a - b);
    const median = order[order.length >> 1] ?? 0;
    const error = (of: (question: string) => number): number =>
      test.reduce((sum, { question, number }) => sum + Math.abs(of(question) - number), 0) / test.length;
    expect(error((question) => guess?.(question) ?? NaN)).toBeLessThan(error(() => median));
  });
});
