import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChatExample } from '../../../../src/core/dataset/example.ts';
import { hashOfLine } from '../../../../src/core/dataset/suspicious/lineTracker.ts';
import type { SuspiciousReport } from '../../../../src/core/dataset/suspicious/types.ts';
import { createLineSplitter } from '../../../../src/core/jsonl/lines.ts';
import { SimilarRows } from '../../../../src/local/suspicious/similarRows.ts';
import { SuspiciousFile } from '../../../../src/local/suspicious/suspiciousFile.ts';
import { answerOf, plantFlips, readExamples } from '../../../support/plantedAnswers.ts';

const topics = readExamples(path.join(import.meta.dirname, '../../../../samples/workspace/topics.train.jsonl'));

const asked = (question: string, answer: string): ChatExample => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
});
const answersOf = (examples: readonly ChatExample[]): readonly string[] => examples.map(answerOf);

function read(text: string): SuspiciousFile {
  const file = new SuspiciousFile();
  const splitter = createLineSplitter();
  for (const line of splitter.push(Buffer.from(text))) file.line(line);
  for (const line of splitter.end()) file.line(line);
  return file;
}

describe('similar rows that say otherwise', () => {
  it('have near questions and another label, the nearest first', () => {
    const examples = [
      asked('Where is my new card?', 'arrival'),
      asked('Where is my new bank card now?', 'lost'),
      asked('Where is my card?', 'lost '),
      asked('Where is my new card, please?', 'arrival'),
      asked('What does the exchange of euros cost?', 'rate'),
    ];
    const rows = new SimilarRows(examples, answersOf(examples), 'texts');
    const found = rows.of(0);
    expect(found.map(({ index }) => index).toSorted()).toEqual([1, 2]);
    expect(found[0]?.similarity).toBeGreaterThanOrEqual(found[1]?.similarity ?? 1);
    // White space at the ends makes no other label.
    expect(rows.of(1).map(({ index }) => index)).not.toContain(2);
    expect(rows.of(4)).toEqual([]);
  });

  it('are three at most, and of numbers those that are three times off', () => {
    const examples = [10, 100, 40, 2, 1000, 25, 12].map((price, n) =>
      asked(`Price of a red lamp ${String(n)}`, `$${String(price)}`),
    );
    const rows = new SimilarRows(examples, answersOf(examples), 'numbers');
    const found = rows.of(0).map(({ index }) => index);
    expect(found).toHaveLength(3);
    expect([5, 6].some((index) => found.includes(index))).toBe(false);
  });
});

describe('suspicious answers of a file', { timeout: 60_000 }, () => {
  const { examples, planted } = plantFlips(topics, 0.05, 1);
  const lines = ['', ...examples.map((example) => JSON.stringify(example)), '{"broken":'];
  let report: SuspiciousReport;
  beforeAll(async () => {
    const file = read(`\uFEFF${lines.join('\r\n')}`);
    const found = await file.rank({ listed: 5, most: 30, similar: true }, { seed: 1, signal: { aborted: false } });
    if (found?.ok !== true) throw new Error(found?.error.message ?? 'It was aborted.');
    report = found.value;
  });

  it('are named by their lines, with the hash of the line and the place of the answer in it', () => {
    expect(report.judged).toBe(topics.length);
    expect(planted.has((report.rows[0]?.line ?? 0) - 2)).toBe(true);
    for (const { line, hash, column, endColumn, answer, question } of report.rows) {
      const text = lines[line - 1] ?? '';
      expect(hash).toBe(hashOfLine(text));
      expect(text.slice(column - 1, endColumn - 1)).toBe(JSON.stringify(answer));
      expect(question).not.toBe('');
    }
  });

  it('are those that are called suspicious, and others up to a number', () => {
    expect(report.rows.filter(({ called }) => called)).toHaveLength(report.called);
    expect(report.called).toBeGreaterThan(5);
    expect(report.rows.slice(5).every(({ called }) => called)).toBe(true);
  });

  it('come with rows of near questions that have another answer', () => {
    const withSimilar = report.rows.filter(({ similar }) => similar.length > 0);
    expect(withSimilar.length).toBeGreaterThan(report.rows.length / 2);
    for (const { answer, similar } of report.rows) {
      for (const other of similar) {
        const text = lines[other.line - 1] ?? '';
        expect(hashOfLine(text)).toBe(other.hash);
        expect(other.answer).not.toBe(answer);
        expect(answerOf(JSON.parse(text) as ChatExample)).toBe(other.answer);
      }
    }
  });
});
