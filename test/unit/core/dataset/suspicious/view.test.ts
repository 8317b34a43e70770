import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { placedAnswers, stillCalled, trackerOf } from '../../../../../src/core/dataset/suspicious/placedAnswers.ts';
import { suspiciousCsv } from '../../../../../src/core/dataset/suspicious/suspiciousCsv.ts';
import type { SuspiciousAnswer, SuspiciousReport } from '../../../../../src/core/dataset/suspicious/types.ts';
import { buildSuspicions } from '../../../../../src/core/dataset/suspicious/view.ts';

const row = (line: number, overrides: Partial<SuspiciousAnswer> = {}): SuspiciousAnswer => ({
  line,
  hash: line,
  column: 0,
  endColumn: 0,
  question: `question ${String(line)}`,
  answer: 'yes',
  expected: 'no',
  score: 0.99,
  called: true,
  reason: 'The answer is unlikely.',
  similar: [],
  ...overrides,
});
const similar = (line: number) => ({ line, hash: line, answer: 'no', similarity: 0.8 });
const report: SuspiciousReport = {
  judged: 200,
  called: 2,
  rows: [row(7, { similar: [similar(3), similar(9)] }), row(5), row(12, { called: false, similar: [similar(7)] })],
};
const placed = (places: readonly (number | null)[]) => placedAnswers(report, places);

describe('suspicious answers after edits', () => {
  it('are at the places of their lines, with the rows similar to them', () => {
    expect(placed(trackerOf(report).places())).toEqual(report.rows.map((one, rank) => ({ ...one, rank })));
    const moved = placed([8, 4, null, null, 13, 8]);
    expect(moved.map(({ rank, line }) => [rank, line])).toEqual([
      [0, 8],
      [2, 13],
    ]);
    expect(moved.map((one) => one.similar.map(({ line }) => line))).toEqual([[4], [8]]);
    // One of the two was changed; of those that do not travel nothing is known.
    expect(stillCalled(report, moved)).toBe(1);
    expect(stillCalled({ ...report, called: 2000 }, moved)).toBe(1999);
  });
});

describe('the section of suspicious answers', () => {
  it('offers to look for them, with the time that it takes', () => {
    const offer = (examples: number) => buildSuspicions({ state: 'unasked', note: null }, examples).view;
    expect(offer(10_003)).toMatchObject({ text: expect.stringContaining('about 1 min 1 s for this file') as string });
    expect(offer(500)).toMatchObject({ text: expect.stringContaining('about 6 s for this file') as string });
    expect(buildSuspicions({ state: 'unasked', note: 'Changed.' }, 0).view).toMatchObject({ note: 'Changed.' });
  });

  it('counts those that are called suspicious, and leads from each to its line', () => {
    const { view, figures } = buildSuspicions(
      { state: 'found', judged: 200, called: 2, rows: placed([7, 3, 9, 5, 12, 7]) },
      200,
    );
    expect(view).toMatchObject({
      text: expect.stringMatching(/^2 of 200 answers are called suspicious: .* not a verdict/) as string,
    });
    if (view.state !== 'found') throw new Error('Nothing was found.');
    const [first] = view.rows;
    expect(first?.figure).toEqual({ id: 'suspicious.0', count: 1, line: 7 });
    expect(figures.get('suspicious.0')).toMatchObject({ file: null, rows: { count: 1, lines: [7] } });
    expect(first?.similar.map((other) => figures.get(other.figure.id)?.rows.lines)).toEqual([[3], [9]]);
  });

  it('names a hundred at most, and says when none is called suspicious', () => {
    const rows = Array.from({ length: 150 }, (_, rank) => ({ ...row(rank + 1, { called: false }), rank }));
    const { view } = buildSuspicions({ state: 'found', judged: 150, called: 0, rows }, 150);
    expect(view).toMatchObject({
      text: expect.stringMatching(
        /^150 answers were judged .* none is called suspicious\. The 100 most suspicious are listed here, and the exported table has 150\./,
      ) as string,
    });
    expect(view.state === 'found' ? view.rows.length : 0).toBe(100);
  });

  it('says why nothing can be said', () => {
    const problem = { code: 'nothing-suspicious-to-say', message: 'Nothing can be said.', action: 'Compare by hand.' };
    expect(buildSuspicions({ state: 'unjudged', problem }, 10).view).toEqual({
      state: 'unjudged',
      text: 'Nothing can be said. Compare by hand.',
    });
  });
});

describe('suspicious answers as a table', () => {
  it('has one row an answer, and no text that is a formula', () => {
    const rows = placed([7, 3, 9, 5, 12, 7]).map((one, at) => (at === 1 ? { ...one, answer: '=1+1' } : one));
    const read = parse(suspiciousCsv(rows), { columns: true }) as unknown as Record<string, string>[];
    expect(read).toEqual([
      {
        line: '7',
        score: '0.99',
        called: 'yes',
        answer: 'yes',
        expected: 'no',
        question: 'question 7',
        'similar lines': '3 9',
        'similar answers': 'no | no',
      },
      expect.objectContaining({ line: '5', answer: "'=1+1", 'similar lines': '', 'similar answers': '' }),
      expect.objectContaining({ line: '12', called: 'no', 'similar lines': '7' }),
    ]);
  });
});
