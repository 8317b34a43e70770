import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/base/random.ts';
import type { MoreData } from '../../../../src/core/dataset/dataCurve/moreData.ts';
import type { ChatExample } from '../../../../src/core/dataset/example.ts';
import type { NumberedExample } from '../../../../src/core/evaluation/prompt.ts';
import { wouldMoreDataHelp } from '../../../../src/local/dataCurve/moreData.ts';
import { answerOf, readExamples, withAnswer } from '../../../support/plantedAnswers.ts';

const SAMPLES = path.join(import.meta.dirname, '../../../../samples/workspace');
const prices = readExamples(path.join(SAMPLES, 'prices.train.jsonl'));
const topics = readExamples(path.join(SAMPLES, 'topics.train.jsonl'));
const topicTests = readExamples(path.join(SAMPLES, 'topics.test.jsonl'));
const real = process.env['TUNING_FORK_DATA_DIR'];

/** Blank lines between the rows: lines are not places. */
const numbered = (examples: readonly ChatExample[]): readonly NumberedExample[] =>
  examples.map((example, index) => ({ line: 2 * index + 1, example }));

async function said(examples: readonly ChatExample[], tests: readonly ChatExample[] | null = null): Promise<MoreData> {
  const validation = tests === null ? null : numbered(tests);
  const result = await wouldMoreDataHelp(numbered(examples), { validation, seed: 1, signal: { aborted: false } });
  if (result === null) throw new Error('It was aborted.');
  return result;
}

const shuffled = (examples: readonly ChatExample[], seed: number): readonly ChatExample[] => {
  const answers = createRandom(seed).shuffle(examples.map(answerOf));
  return examples.map((example, index) => withAnswer(example, answers[index] ?? ''));
};

describe('whether more data would help', () => {
  it('is said of labels, with the rows that are most wrong', { timeout: 120_000 }, async () => {
    const result = await said(topics);
    expect(result.verdict).toBe('falls');
    expect(result.curve).toMatchObject({ kind: 'texts', rows: topics.length, crossValidated: true, learns: true });
    expect(result.hardest.length).toBeGreaterThan(0);
    for (const { line, answer, said: reply, distance, near } of result.hardest) {
      const example = topics[(line - 1) / 2];
      expect(example && answerOf(example)).toBe(answer);
      expect(reply).not.toBe(answer);
      expect(distance).toBeNull();
      expect(near.map((one) => one.line)).not.toContain(line);
      for (const one of near) expect(one.answer).toBe(answerOf(topics[(one.line - 1) / 2] as ChatExample));
    }
  });

  it('is said of numbers, those that are furthest off first', { timeout: 120_000 }, async () => {
    const result = await said(prices.slice(0, 250));
    expect(result.curve).toMatchObject({ kind: 'numbers', rows: 250 });
    const distances = result.hardest.map(({ distance }) => distance ?? NaN);
    expect(distances).toEqual(distances.toSorted((a, b) => b - a));
    expect(distances[0]).toBeGreaterThan(result.curve?.points.at(-1)?.error.high ?? Infinity);
  });

  it('is measured on a validation file, whose lines the hardest rows then have', { timeout: 120_000 }, async () => {
    const result = await said(topics, topicTests);
    expect(result.curve).toMatchObject({ tested: topicTests.length, crossValidated: false });
    expect(result.curve?.points.at(-1)?.rows).toBe(topics.length);
    for (const { line, answer } of result.hardest)
      expect(answerOf(topicTests[(line - 1) / 2] as ChatExample)).toBe(answer);
    expect(await said(topics, topicTests)).toEqual(result);
  });

  it('is not said of ten rows', async () => {
    const result = await said(topics.slice(0, 10));
    expect(result).toMatchObject({ verdict: 'unclear', curve: null, hardest: [] });
    expect(result.sentences.join(' ')).toContain('There are 10 examples with an answer in text');
    expect((await said(topics, topicTests.slice(0, 5))).verdict).toBe('unclear');
  });

  it('is not said of prose', async () => {
    const prose = topics.map((example, n) =>
      withAnswer(example, `Answer ${String(n)}: ${'a long text '.repeat(20)}${String(n)}`),
    );
    expect(await said(prose)).toMatchObject({ verdict: 'unfit', curve: null, hardest: [] });
  });

  it.each([1, 2])('is said not to help where answers are shuffled (seed %i)', { timeout: 120_000 }, async (seed) => {
    expect((await said(shuffled(topics, seed))).verdict).toBe('flat');
    expect((await said(shuffled(prices.slice(0, 250), seed))).verdict).toBe('flat');
  });

  it('ends when it is no longer wanted', async () => {
    const signal = { aborted: false };
    const asked = wouldMoreDataHelp(numbered(topics), {
      validation: null,
      seed: 1,
      signal,
      onProgress: () => (signal.aborted = true),
    });
    expect(await asked).toBeNull();
  });

  it.skipIf(real === undefined)('is said of real prices (TUNING_FORK_DATA_DIR)', { timeout: 120_000 }, async () => {
    const emmy = readExamples(path.join(real ?? '', 'lesson/students/emmy_fine_tune_train.jsonl'));
    const half = await said(emmy.slice(0, 200));
    const all = (await said(emmy)).curve?.points.at(-1)?.error.value ?? NaN;
    expect(half.verdict).toBe('falls');
    expect(half.curve?.doubledFile.low).toBeLessThan(all);
    expect(half.curve?.doubledFile.high).toBeGreaterThan(all);
  });
});
