// Made-up states of the report panel: the figures are made by the product's own code from made-up rows.
import { CONTEXT_LIMITS } from '../../../src/core/cost/contexts.ts';
import { PRICES } from '../../../src/core/cost/prices.ts';
import { buildReport } from '../../../src/core/dataset/report/buildReport.ts';
import type { PlacedAnswer } from '../../../src/core/dataset/suspicious/types.ts';
import type { ComparedFiles, DatasetComparison, DatasetReport } from '../../../src/core/dataset/report/types.ts';
import { buildSuspicions, type SuspiciousView } from '../../../src/core/dataset/suspicious/view.ts';
import { rowLines } from '../../../src/core/dataset/report/rowLines.ts';
import { createStatistics } from '../../../src/core/dataset/report/statistics.ts';
import { moreDataState } from './moreDataStates.ts';
import type { ReportPanelState } from '../../../src/protocol/reportPanel.ts';
import { randomNumbers } from './states.ts';

const ANSWERS = ['card arrival', 'lost or stolen card', 'exchange rate', 'top up failed', 'refund not showing up'];

/** A clean report of `rows` chat examples of uneven length, without a comparison. */
export function datasetReport(rows: number, overrides: Partial<DatasetReport> = {}): DatasetReport {
  // A word is a token: lengths are what the numbers say.
  const statistics = createStatistics(
    { count: (text) => ({ tokens: text.split(' ').length, estimated: false }), reset: () => undefined },
    CONTEXT_LIMITS,
  );
  const random = randomNumbers(17);
  const words = (count: number): string =>
    Array.from({ length: Math.max(1, Math.round(count)) }, () => 'word').join(' ');
  for (let line = 1; line <= rows; line += 1) {
    const length = 40 + 120 * (random() + random() + random()) + (random() > 0.97 ? 600 : 0);
    const answer = ANSWERS[Math.floor(random() ** 2 * ANSWERS.length)] ?? '';
    statistics.add(line, {
      messages: [
        { role: 'system', content: 'Name the intent.' },
        { role: 'user', content: words(length) },
        { role: 'assistant', content: line % 9 === 0 ? `${answer} ${words(3 + 12 * random())} ${line}` : answer },
      ],
    });
  }
  return {
    bytes: rows * 612,
    kind: rows === 0 ? null : 'chat',
    examples: rows,
    uncounted: rowLines([]),
    wrong: rowLines([]),
    statistics: statistics.figures(),
    problems: [],
    duplicates: { exact: rowLines([]), near: rowLines([]) },
    contradictions: { prompts: 0, rows: rowLines([]) },
    ...overrides,
  };
}

/** A clean report of chat examples whose answers are prices. */
export function priceReport(prices: readonly number[]): DatasetReport {
  const statistics = createStatistics({ count: () => ({ tokens: 7, estimated: false }), reset: () => undefined });
  prices.forEach((price, index) => {
    statistics.add(index + 1, {
      messages: [
        { role: 'user', content: `How much is thing ${String(index)}?` },
        { role: 'assistant', content: `Price is $${String(price)}` },
      ],
    });
  });
  return { ...datasetReport(prices.length), statistics: statistics.figures() };
}

/** Prices with a long tail. */
export function tailedPrices(count: number): readonly number[] {
  const random = randomNumbers(5);
  return Array.from({ length: count }, () => Number((3 * 10 ** (3 * random() ** 2)).toFixed(2)));
}

/** Much is wrong with it; `compared()` are its files. */
export function poorReport(rows: number): DatasetReport {
  return datasetReport(rows, {
    examples: rows + 3,
    wrong: rowLines([17, 33, 64]),
    uncounted: rowLines([17, 33, 64]),
    problems: [
      { code: 'json-syntax', severity: 'error', message: 'The line is not JSON.', rows: rowLines([17, 33]) },
      { code: 'empty-answer', severity: 'error', message: 'The answer is empty.', rows: rowLines([64]) },
      {
        code: 'answer-format-differs',
        severity: 'warning',
        message: 'The answer has another format than the rest.',
        rows: rowLines(Array.from({ length: 1400 }, (_, n) => n + 1)),
      },
      { code: 'crlf', severity: 'information', message: 'Lines of the file end in CR LF.', rows: rowLines([1]) },
      { code: 'too-few-examples', severity: 'error', message: 'The file has 8 examples.', rows: rowLines([]) },
    ],
    duplicates: { exact: rowLines([12, 13, 40]), near: rowLines([77]) },
    contradictions: { prompts: 9, rows: rowLines([3, 4, 9, 21, 22]) },
  });
}

const VALIDATION = { path: '/data/intents.validation.jsonl', name: 'intents.validation.jsonl' };
export const NO_FILES: ComparedFiles = { files: [], more: 0, held: false };

/** Comparison with a validation file, with rows that are in both. */
export function compared(overrides: Partial<DatasetComparison> = {}): ComparedFiles {
  return { ...NO_FILES, files: [{ ...VALIDATION, state: 'compared', comparison: comparison(overrides) }] };
}

/** Files of every state but compared. */
export function openFiles(): ComparedFiles {
  const problem = {
    code: 'file-not-found',
    message: 'The file gone.test.jsonl does not exist.',
    action: 'Choose another.',
  };
  const file = (name: string) => ({ path: `/data/${name}`, name });
  return {
    files: [
      { ...file('intents.validation.jsonl'), state: 'comparing' },
      { ...file('intents.test.jsonl'), state: 'waiting' },
      { ...file('intents.old.test.jsonl'), state: 'canceled' },
      { ...file('intents.large.test.jsonl'), state: 'too-large', bytes: 5_000_000_000 },
      { ...file('gone.test.jsonl'), state: 'failed', problem },
    ],
    more: 2,
    held: false,
  };
}

/** A validation file without rows of the dataset. */
export function apart(): ComparedFiles {
  const nothing = { held: rowLines([]), training: rowLines([]) };
  return compared({ exact: nothing, prompt: nothing, near: nothing, format: [] });
}

export function comparison(overrides: Partial<DatasetComparison> = {}): DatasetComparison {
  const leak = (held: number[], training: number[]) => ({ held: rowLines(held), training: rowLines(training) });
  return {
    held: 'against',
    heldRows: 50,
    exact: leak([1, 2, 3], [11, 12, 13]),
    prompt: leak([4], [14]),
    near: leak([], []),
    format: [
      {
        code: 'format-differs',
        severity: 'warning',
        message: 'The system message differs from the one of the training file.',
        action: 'Use the same system message in both files.',
        line: 0,
        column: 0,
        endColumn: 0,
      },
    ],
    ...overrides,
  };
}

/** Section of suspicious answers after a run: `rows` rows, the first half of them called suspicious. */
export function suspicions(rows: number): SuspiciousView {
  const random = randomNumbers(3);
  const answerAt = (index: number): string => ANSWERS[index % ANSWERS.length] ?? '';
  const found = Array.from({ length: rows }, (_, rank): PlacedAnswer => {
    const line = 7 + 13 * rank;
    const similar = Array.from({ length: rank % 4 }, (_other, index) => ({
      line: line + 5 * (index + 1),
      hash: 0,
      answer: answerAt(rank + 1),
      similarity: 0.9 - 0.1 * index,
    }));
    return {
      rank,
      line,
      hash: 0,
      column: 0,
      endColumn: 0,
      question: `My new card is not here yet, number ${String(rank)} of all that I ordered for the people in my office`,
      answer: answerAt(rank),
      expected: answerAt(rank + 1),
      score: 0.999 - (rank / rows) * random(),
      called: 2 * rank < rows,
      reason: 'The answer has a probability of 0.001 by models that have not seen this row.',
      similar,
    };
  });
  const called = found.filter((row) => row.called).length;
  return buildSuspicions({ state: 'found', judged: 500, called, rows: found }, 500).view;
}

/** 23 November 2026. */
const NOW = Date.UTC(2026, 10, 23, 18);

export function reportState(
  report: DatasetReport | null = datasetReport(500),
  overrides: Partial<ReportPanelState> = {},
  files: ComparedFiles = apart(),
): ReportPanelState {
  const name = 'intents.train.jsonl';
  return {
    panel: 'report',
    file: `/data/${name}`,
    against: null,
    name,
    folder: 'data',
    status: report === null ? 'reading' : 'ready',
    progress: report === null ? 0.42 : 1,
    notice: null,
    problem: null,
    comparing: 0.3,
    moreData: moreDataState(),
    view:
      report &&
      buildReport(report, name, files, {
        prices: PRICES,
        own: ['gpt-4.1-mini-2025-04-14'],
        cap: 2,
        now: NOW,
      }).view,
    suspicious: buildSuspicions({ state: 'unasked', note: null }, report?.examples ?? 0).view,
    ...overrides,
  };
}
