// Made-up states of the report panel: the figures are made by the product's own code from made-up rows.
import { CONTEXT_LIMITS } from '../../../src/core/cost/contexts.ts';
import { PRICES } from '../../../src/core/cost/prices.ts';
import { buildReport } from '../../../src/core/dataset/report/buildReport.ts';
import type { DatasetComparison, DatasetReport } from '../../../src/core/dataset/report/types.ts';
import { rowLines } from '../../../src/core/dataset/report/rowLines.ts';
import { createStatistics } from '../../../src/core/dataset/report/statistics.ts';
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
    comparison: null,
    ...overrides,
  };
}

/** Much is wrong with it, and the validation file is in it. */
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
    comparison: comparison(),
  });
}

export function comparison(overrides: Partial<DatasetComparison> = {}): DatasetComparison {
  const leak = (held: number[], training: number[]) => ({ held: rowLines(held), training: rowLines(training) });
  return {
    against: '/data/intents.validation.jsonl',
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

/** 23 November 2026. */
const NOW = Date.UTC(2026, 10, 23, 18);

export function reportState(
  report: DatasetReport | null = datasetReport(500),
  overrides: Partial<ReportPanelState> = {},
): ReportPanelState {
  const against = report?.comparison?.against ?? null;
  const name = 'intents.train.jsonl';
  return {
    panel: 'report',
    file: `/data/${name}`,
    against,
    name,
    folder: 'data',
    status: report === null ? 'reading' : 'ready',
    progress: report === null ? 0.42 : 1,
    notice: null,
    problem: null,
    proposals: ['intents.validation.jsonl', 'intents.test.jsonl'].filter((other) => against?.endsWith(other) !== true),
    view:
      report &&
      buildReport(report, name, against === null ? null : 'intents.validation.jsonl', {
        prices: PRICES,
        own: ['gpt-4.1-mini-2025-04-14'],
        cap: 2,
        now: NOW,
      }).view,
    ...overrides,
  };
}
