import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/base/random.ts';
import type { ChatExample } from '../../../../src/core/dataset/example.ts';
import { findSuspicious, type SuspiciousAnswers } from '../../../../src/local/suspicious/suspiciousAnswers.ts';
import { labeledRows } from '../../../support/labeledRows.ts';
import {
  answerOf,
  averagePrecision,
  plantFactors,
  plantFlips,
  readExamples,
  withAnswer,
} from '../../../support/plantedAnswers.ts';

const SAMPLES = path.join(import.meta.dirname, '../../../../samples/workspace');
const topics = readExamples(path.join(SAMPLES, 'topics.train.jsonl'));
const prices = readExamples(path.join(SAMPLES, 'prices.train.jsonl'));
const real = process.env['TUNING_FORK_DATA_DIR'];
const GO_ON = { aborted: false };

async function found(examples: readonly ChatExample[], seed = 1): Promise<SuspiciousAnswers> {
  const result = await findSuspicious(examples, { seed, signal: GO_ON });
  if (result?.ok !== true) throw new Error(result?.error.message ?? 'It was aborted.');
  return result.value;
}
const precisionOf = ({ rows }: SuspiciousAnswers, planted: ReadonlySet<number>): number =>
  averagePrecision(
    rows.map(({ index }) => index),
    planted,
  );
const calledShare = ({ rows }: SuspiciousAnswers): number => rows.filter(({ called }) => called).length / rows.length;
async function refusal(examples: readonly ChatExample[]): Promise<string> {
  const result = await findSuspicious(examples, { seed: 1, signal: GO_ON });
  return result?.ok === false ? `${result.error.message} ${result.error.action}` : 'none';
}

describe('suspicious answers', () => {
  it('that are labels: flipped ones come first, with what was expected', { timeout: 60_000 }, async () => {
    const { examples, planted } = plantFlips(topics, 0.05, 1);
    const answers = await found(examples);
    expect(answers.kind).toBe('texts');
    expect(answers.rows).toHaveLength(topics.length);
    expect(precisionOf(answers, planted)).toBeGreaterThan(0.6);
    const first = answers.rows.find(({ index }) => planted.has(index));
    expect(first).toMatchObject({ answer: answerOf(examples[first?.index ?? -1] as ChatExample), called: true });
    expect(first?.expected).toBe(answerOf(topics[first?.index ?? -1] as ChatExample));
    const scores = answers.rows.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect([Math.max(...scores) <= 1, Math.min(...scores) >= 0]).toEqual([true, true]);
    expect(await found(examples)).toEqual(answers);
  });

  it('that are numbers: those that are ten or a hundred times off come first', { timeout: 60_000 }, async () => {
    const { examples, planted } = plantFactors(prices, 0.05, 1);
    const answers = await found(examples);
    expect(answers.kind).toBe('numbers');
    expect(precisionOf(answers, planted)).toBeGreaterThan(0.8);
    const called = answers.rows.filter((row) => row.called);
    expect(called.filter(({ index }) => planted.has(index)).length).toBeGreaterThan(planted.size / 2);
    expect(called.filter(({ index }) => !planted.has(index)).length).toBeLessThan(0.02 * prices.length);
  });

  it('are hardly called so in files without a planted error', { timeout: 60_000 }, async () => {
    for (const examples of [topics, prices]) expect(calledShare(await found(examples))).toBeLessThanOrEqual(0.02);
  });

  it('are not looked for where nothing can be said', { timeout: 60_000 }, async () => {
    expect(await refusal(topics.slice(0, 10))).toMatch(
      /^Nothing can be said .* 10 examples .* at least 50 are needed\. /,
    );
    const prose = topics.map((example, n) =>
      withAnswer(example, `Answer ${String(n)}: ${'a long text '.repeat(20)}${String(n)}`),
    );
    expect(await refusal(prose)).toMatch(
      /^Nothing can be said of single answers: the answers are long or mostly distinct\. /,
    );
    const names = topics.map((example, n) =>
      withAnswer(example, `name${String.fromCharCode(97 + (n % 26))}${'x'.repeat(n)}`),
    );
    expect(await refusal(names)).toMatch(/mostly distinct/);
    for (const seed of [1, 2]) {
      const shuffled = createRandom(seed).shuffle(topics.map(answerOf));
      const without = topics.map((example, n) => withAnswer(example, shuffled[n] ?? ''));
      expect(await refusal(without)).toMatch(/the prompts do not help to predict the answers/);
    }
    const silent = topics.map((example) => ({ messages: example.messages.slice(0, -1) }));
    expect(await refusal(silent)).toMatch(/ 0 examples /);
  });

  it('are not looked for in a small file of shuffled labels, whatever the order', { timeout: 60_000 }, async () => {
    const rows = labeledRows(120);
    expect(calledShare(await found(rows))).toBe(0);
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const shuffled = createRandom(seed).shuffle(rows.map(answerOf));
      const without = rows.map((example, n) => withAnswer(example, shuffled[n] ?? ''));
      expect(await refusal(without)).toMatch(/the prompts do not help to predict the answers/);
    }
  });

  it('are those of the last turn, whatever is left out between', { timeout: 60_000 }, async () => {
    const { examples, planted } = plantFlips(topics, 0.05, 3);
    const mixed = examples.flatMap((example) => [
      { messages: example.messages.slice(0, -1) },
      {
        messages: [
          ...example.messages.slice(0, 1),
          { role: 'user' as const, content: 'Hi' },
          { role: 'assistant' as const, content: 'Hello' },
          ...example.messages.slice(1),
        ],
      },
    ]);
    const { rows } = await found(mixed);
    expect(rows).toHaveLength(topics.length);
    expect(rows.every(({ index }) => index % 2 === 1)).toBe(true);
    expect(precisionOf({ kind: 'texts', rows }, new Set([...planted].map((index) => 2 * index + 1)))).toBeGreaterThan(
      0.4,
    );
  });

  it('end when they are no longer wanted', async () => {
    const signal = { aborted: false };
    const asked = findSuspicious(topics, { seed: 1, signal, onProgress: () => (signal.aborted = true) });
    expect(await asked).toBeNull();
  });

  it.skipIf(real === undefined)('of real prices are found (TUNING_FORK_DATA_DIR)', { timeout: 120_000 }, async () => {
    const emmy = readExamples(path.join(real ?? '', 'lesson/students/emmy_fine_tune_train.jsonl'));
    const precisions: number[] = [];
    for (const seed of [1, 2, 3]) {
      const { examples, planted } = plantFactors(emmy, 0.05, seed);
      precisions.push(precisionOf(await found(examples, seed), planted));
    }
    expect(precisions.reduce((sum, one) => sum + one, 0) / 3).toBeGreaterThanOrEqual(0.7);
    expect(calledShare(await found(emmy))).toBeLessThanOrEqual(0.02);
  });
});
