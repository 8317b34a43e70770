import { csvText, type CsvCell } from '../../base/csvText.ts';
import type { PlacedAnswer } from './types.ts';

/** Suspicious answers as a table, the most suspicious first. Names of columns are for programs and stay English; lines are separated by blanks. */
export function suspiciousCsv(rows: readonly PlacedAnswer[]): string {
  const header: CsvCell[] = [
    'line',
    'score',
    'called',
    'answer',
    'expected',
    'question',
    'similar lines',
    'similar answers',
  ];
  return csvText([
    header,
    ...rows.map(({ line, score, called, answer, expected, question, similar }): CsvCell[] => [
      line,
      score,
      called ? 'yes' : 'no',
      answer,
      expected,
      question,
      similar.length === 1 ? (similar[0]?.line ?? null) : similar.map((other) => other.line).join(' '),
      similar.map((other) => other.answer).join(' | '),
    ]),
  ]);
}
