import type { Finding } from './finding.ts';
import type { DataRow } from './row.ts';
import { severityOf } from './ruleTable.ts';

/** A row whose prompt another row answers differently. */
export interface Contradiction {
  readonly line: number;
  /** The first row with the same prompt and another answer. */
  readonly other: number;
  /** Rows with this prompt. */
  readonly rows: number;
  /** Of one prompt: the line of its first row. */
  readonly group: number;
}

/** Fed row by row, in order; keeps three numbers a row. */
export interface ContradictionFinder {
  add(line: number, row: DataRow): void;
  /** Every row concerned, in the file's order. */
  finish(): readonly Contradiction[];
}

interface Group {
  readonly firstLine: number;
  readonly firstAnswer: number;
  /** First row with another answer than the first one; 0 when there is none. */
  otherLine: number;
  rows: number;
}

export function createContradictionFinder(): ContradictionFinder {
  const groups = new Map<number, Group>();
  const lines: number[] = [];
  const prompts: number[] = [];
  const answers: number[] = [];
  return {
    add(line, row) {
      if (row.prompt === null || row.answer === null) return;
      lines.push(line);
      prompts.push(row.prompt);
      answers.push(row.answer);
      const group = groups.get(row.prompt);
      if (group === undefined) {
        groups.set(row.prompt, { firstLine: line, firstAnswer: row.answer, otherLine: 0, rows: 1 });
        return;
      }
      group.rows += 1;
      if (group.otherLine === 0 && group.firstAnswer !== row.answer) group.otherLine = line;
    },
    finish() {
      const found: Contradiction[] = [];
      lines.forEach((line, i) => {
        const group = groups.get(prompts[i] ?? 0);
        if (group === undefined || group.otherLine === 0) return;
        const other = answers[i] === group.firstAnswer ? group.otherLine : group.firstLine;
        found.push({ line, other, rows: group.rows, group: group.firstLine });
      });
      return found;
    },
  };
}

export function contradictionFindings(contradictions: readonly Contradiction[]): readonly Finding[] {
  return contradictions.map(({ line, other }) => ({
    code: 'contradiction',
    severity: severityOf('contradiction'),
    message: `Line ${String(other)} has the same prompt with another answer.`,
    action: 'Keep the answer that is right, and remove or correct the others.',
    line,
    column: 0,
    endColumn: 0,
  }));
}
