import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { lineCost } from '../../../../../src/core/cost/lineCost.ts';
import { PRICES } from '../../../../../src/core/cost/prices.ts';
import { csvText } from '../../../../../src/core/base/csvText.ts';
import { buildReport } from '../../../../../src/core/dataset/report/buildReport.ts';
import type { CostOptions } from '../../../../../src/core/dataset/report/costs.ts';
import { reportCsv } from '../../../../../src/core/dataset/report/reportCsv.ts';
import type { ComparedFiles, DatasetReport } from '../../../../../src/core/dataset/report/types.ts';
import { rowLines } from '../../../../../src/core/dataset/report/rowLines.ts';
import {
  apart,
  compared,
  datasetReport,
  NO_FILES,
  poorReport,
  priceReport,
} from '../../../../support/webviewHarness/reportStates.ts';
import { PAYLOADS } from '../../../../support/webviewHarness/payloads.ts';

const blns = process.env['TUNING_FORK_BLNS_DIR'];
const NOW = Date.UTC(2026, 10, 23, 18);
const options: CostOptions = { prices: PRICES, own: [], cap: null, now: NOW };
const named = (files: ComparedFiles): ComparedFiles => ({
  ...files,
  files: files.files.map((file) => ({ ...file, name: 'b.jsonl', path: '/b.jsonl' })),
});
const build = (report: DatasetReport, more: Partial<CostOptions> = {}, files = apart()) =>
  buildReport(report, 'a.jsonl', named(files), { ...options, ...more });
const headline = (report: DatasetReport, files?: ComparedFiles) => build(report, {}, files).view.headline;
const other = { path: '/b.jsonl', name: 'b.jsonl' };

describe('the headline of a report', () => {
  it('says that a clean file is clean, and in what', () => {
    expect(headline(datasetReport(500))).toEqual({
      tone: 'good',
      text: 'Clean: 500 examples without problems, duplicates, or contradictions. No row of b.jsonl is in a.jsonl, exactly or nearly.',
    });
  });

  it('does not say clean where no file was found to compare with', () => {
    expect(headline(datasetReport(500), NO_FILES)).toEqual({
      tone: 'neutral',
      text: 'Clean so far: 500 examples without problems, duplicates, or contradictions. Leakage was not looked at: no validation or test file with a matching name is in its folder.',
    });
    expect(headline(datasetReport(500), { ...NO_FILES, held: true }).text).toContain('no training file with a');
  });

  const problem = { code: 'file-not-found', message: 'The file is gone.', action: 'Choose another.' };
  it.each<[ComparedFiles['files'][number], string]>([
    [{ ...other, state: 'waiting' }, 'Comparing with b.jsonl…'],
    [{ ...other, state: 'comparing' }, 'Comparing with b.jsonl…'],
    [{ ...other, state: 'canceled' }, 'Not compared with b.jsonl.'],
    [{ ...other, state: 'too-large', bytes: 5e9 }, 'Not compared with b.jsonl.'],
    [{ ...other, state: 'failed', problem }, 'Not compared with b.jsonl.'],
  ])('never says clean before a file was compared: %j', (file, sentence) => {
    const files = { ...NO_FILES, files: [...apart().files, file] };
    expect(headline(datasetReport(500), files)).toEqual({
      tone: 'neutral',
      text: `Clean so far: 500 examples without problems, duplicates, or contradictions. ${sentence}`,
    });
    const poor = headline(poorReport(497), { ...NO_FILES, files: [file] });
    expect(poor.tone).toBe('bad');
    expect(poor.text).toMatch(new RegExp(` ${sentence.replaceAll('.', '\\.')}$`));
  });

  it('tells of likely files that were left out', () => {
    expect(headline(datasetReport(500), { ...apart(), more: 2 })).toEqual({
      tone: 'neutral',
      text: expect.stringMatching(/^Clean so far: .* 2 more files were not compared\.$/) as string,
    });
  });

  it('begins with rows that are in the other file too', () => {
    const { tone, text } = headline(poorReport(497), compared());
    expect(tone).toBe('bad');
    expect(text).toMatch(
      /^4 of 50 rows of b\.jsonl are also in a\.jsonl: 3 word for word and 1 with another answer\. /,
    );
    expect(text).toContain('3 of 500 rows have errors');
    expect(text).toContain('9 prompts have contradictory answers, on 5 rows.');
  });

  it('names which file is kept from training when the report is about that one', () => {
    const held = compared({ held: 'file', format: [] });
    expect(headline(datasetReport(50), held).text).toMatch(/^4 of 50 rows of a\.jsonl are also in b\.jsonl/);
  });

  it('warns of duplicates', () => {
    expect(headline(datasetReport(9, { duplicates: { exact: rowLines([4]), near: rowLines([]) } }))).toEqual({
      tone: 'warning',
      text: '1 of 9 rows repeats an earlier one word for word.',
    });
  });
});

describe('the figures of a report', () => {
  it('each lead to lines that are known outside of the page', () => {
    const { view, figures } = build(poorReport(497), {}, compared());
    const ids = [...JSON.stringify(view).matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(ids.length).toBeGreaterThan(40);
    for (const id of ids) expect([id, figures.has(id)]).toEqual([id, true]);
    expect(figures.get('problem.json-syntax')).toEqual({
      file: null,
      title: 'The line is not JSON',
      rows: { count: 2, lines: [17, 33] },
    });
    expect(figures.get('leak.0.exact.held')).toMatchObject({ file: '/b.jsonl', rows: { lines: [1, 2, 3] } });
    expect(figures.get('leak.0.exact.training')).toMatchObject({ file: null, rows: { lines: [11, 12, 13] } });
    expect(figures.get('problem.answer-format-differs')?.rows).toMatchObject({ count: 1400 });
  });
});

describe('answers as numbers', () => {
  it('are bars with their rows, marks and a rule in words', () => {
    const { view, figures } = build(priceReport([10, 20, 20, 30, 30, 30, 40, 40, 50, 60]));
    const { histogram, rule, without } = view.numbers ?? {};
    expect(histogram?.scale).toBe('linear');
    expect(rule).toMatch(/^\d bars, by the Freedman–Diaconis rule\.$/);
    expect(without?.count).toBe(0);
    expect(histogram?.marks.map(({ label, value }) => `${label} ${String(value)}`)).toEqual([
      'Smallest 10',
      'Median 30',
      'Upper 5% 60',
      'Largest 60',
    ]);
    expect(histogram?.bars.reduce((sum, { figure }) => sum + figure.count, 0)).toBe(10);
    expect(figures.get('numbers.smallest')).toEqual({
      file: null,
      title: 'Smallest number: 10',
      rows: { count: 1, lines: [1] },
    });
    const text = reportCsv(build(priceReport([10, 20, 30, 40])), 'a.jsonl');
    expect(text).toContain('numbers in answers,Largest,number,40,1,4');
  });

  it('are absent for answers in words', () => {
    expect(build(datasetReport(50)).view.numbers).toBeNull();
  });
});

describe('what a job would cost', () => {
  it('is epochs × tokens on each model, the free one first and the retired last', () => {
    const report = datasetReport(500);
    const cost = build(report).view.cost;
    const { tokens } = report.statistics;
    expect(cost).toMatchObject({ epochs: 3, trainedTokens: tokens * 3 });
    expect(cost?.rows.map(({ model }) => model)).toEqual([
      'local-linear-1',
      'gpt-4o-mini-2024-07-18',
      'gpt-4.1-mini-2025-04-14',
      'gpt-3.5-turbo',
      'gpt-4.1-2025-04-14',
      'gpt-4o-2024-08-06',
      'gpt-4.1-nano-2025-04-14',
    ]);
    expect(cost?.rows[1]).toMatchObject({
      price: 3,
      epochUsd: (tokens * 3) / 1e6,
      totalUsd: (tokens * 9) / 1e6,
      note: 'Retires on Jan 14, 2027, in 52 days, with its fine-tunes.',
      over: { count: 0 },
    });
    expect(cost?.rows.at(-1)).toMatchObject({
      retired: true,
      note: 'Retired on Oct 23, 2026: no job can be started.',
    });
    expect(cost?.rows[0]).toMatchObject({ price: null, totalUsd: 0 });
  });

  it('takes the user’s own prices and cap', () => {
    const prices = {
      ...PRICES,
      models: { ...PRICES.models, 'my-model': { training: 0, input: 0, output: 0 } },
    };
    const rows = build(datasetReport(500), { prices, own: ['my-model'], cap: 2 }).view.cost?.rows ?? [];
    expect(rows[1]).toMatchObject({ model: 'my-model', own: true, totalUsd: 0, contextTokens: null, over: null });
    expect(rows.find(({ model }) => model === 'gpt-4o-2024-08-06')?.note).toContain('Above your cap of $2.00.');
    expect(rows.find(({ model }) => model === 'gpt-4o-mini-2024-07-18')?.note).not.toContain('cap');
  });

  it('says after the last day that no job can be created', () => {
    const late = build(datasetReport(20), { now: Date.UTC(2027, 1, 1) }).view.cost;
    expect(late?.notes.join(' ')).toContain('has accepted no new fine-tuning jobs since Jan 6, 2027');
    expect(late?.rows.filter(({ retired }) => !retired).map(({ model }) => model)).toEqual([
      'local-linear-1',
      'gpt-3.5-turbo',
    ]);
  });

  it('makes no price up for kinds whose bill is not known', () => {
    expect(build(datasetReport(20, { kind: 'preference' })).view.cost).toMatchObject({
      rows: [],
      sentence: expect.stringContaining('No price is shown') as string,
    });
    expect(build(datasetReport(20, { kind: 'reinforcement' })).view.cost?.sentence).toContain('by the hour');
    expect(build(datasetReport(20, { kind: 'prompt-completion' })).view.cost?.sentence).toMatch(/^Converted to chat/);
    expect(build(datasetReport(0)).view.cost).toBeNull();
  });

  it('of one line is told in fractions of a cent', () => {
    expect(lineCost(105, PRICES, NOW)).toBe(
      '$0.00032 per epoch on gpt-4o-mini-2024-07-18, $0.0026 on gpt-4o-2024-08-06',
    );
    expect(lineCost(65_000, PRICES, NOW)).toBe('$0.20 per epoch on gpt-4o-mini-2024-07-18, $1.63 on gpt-4o-2024-08-06');
    const free = { date: '2026-11', models: { mine: { training: 0, input: 0, output: 0 } } };
    expect(lineCost(105, free, NOW)).toBe('$0 per epoch on mine');
    expect(lineCost(105, { date: '2026-11', models: {} }, NOW)).toBeNull();
  });
});

describe('a table as CSV', () => {
  it('has nothing that a spreadsheet would compute, and numbers that are numbers', () => {
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\0=1', '＝1', '＋1', '－1', '＠x'];
    const text = csvText([...hostile.map((cell) => [cell]), [-12.5, 3, NaN, Infinity, null, 'a,"b"\nc', 'plain']]);
    const rows = parse(text, { relax_column_count: true, record_delimiter: '\r\n' });
    expect(rows.slice(0, hostile.length).flat()).toEqual(hostile.map((cell) => `'${cell}`));
    expect(rows.at(-1)).toEqual(['-12.5', '3', '', '', '', 'a,"b"\nc', 'plain']);
  });

  it('holds every figure of a report with its lines', () => {
    const rows = parse(reportCsv(build(poorReport(497), {}, compared()), 'a.jsonl'), {
      columns: true,
    }) as unknown as Record<string, string>[];
    const of = (section: string, item: string) =>
      rows.find((row) => row['section'] === section && row['item'] === item);
    expect(of('duplicates', 'word for word')).toMatchObject({ value: '3', rows: '3', lines: '12 13 40' });
    expect(of('problems', 'empty-answer')).toMatchObject({ figure: 'error', rows: '1', lines: '64' });
    expect(of('cost', 'gpt-4o-mini-2024-07-18')).toMatchObject({ figure: 'US$ per 1M tokens', value: '3' });
    expect(new Set(rows.map((row) => row['section']))).toEqual(
      new Set([
        'file',
        'problems',
        'duplicates',
        'contradictions',
        'comparison',
        'tokens an example',
        'tokens an answer',
        'messages an example',
        'answers',
        'roles',
        'cost',
      ]),
    );
  });

  /** Every cell of the CSV of a report with these answers and names. */
  function cellsOf(texts: readonly string[]): readonly string[] {
    const report = datasetReport(20);
    const frequentAnswers = texts.map((text) => ({ text, rows: rowLines([1, 2]) }));
    const hostile = { ...report, statistics: { ...report.statistics, frequentAnswers } };
    return texts.flatMap((name, index) =>
      index % 50 > 0 ? [] : parse(reportCsv(build(hostile), name), { record_delimiter: '\r\n' }).flat(),
    );
  }
  const FORMULA = /^[=+@\t\r\n\0＝＋－＠]|^-(?!\d+(?:\.\d+)?$)/;

  it('keeps hostile answers and names as text', () => {
    const texts = ['=HYPERLINK("https://example.com")', ...PAYLOADS, '@x', '-2+3', '=cmd|x'];
    const cells = cellsOf(texts);
    for (const cell of cells) expect(cell).not.toMatch(FORMULA);
    expect(cells).toContain('\'=HYPERLINK("https://example.com")');
  });

  it.skipIf(blns === undefined)('keeps the big list of naughty strings as text', () => {
    const strings = JSON.parse(readFileSync(join(blns ?? '', 'blns.json'), 'utf8')) as string[];
    expect(strings.length).toBeGreaterThan(500);
    for (const cell of cellsOf(strings)) expect(cell).not.toMatch(FORMULA);
  });
});
