import { t } from '../../base/messages.ts';
import type { Finding } from '../finding.ts';
import { NumberList, NumberTable } from './numberTable.ts';
import type { DataRow } from './row.ts';
import { severityOf } from '../check/ruleTable.ts';

/** A row whose prompt another row answers differently. */
export interface Contradiction {
  readonly line: number;
  /** The first row with the same prompt and another answer. */
  readonly other: number;
  /** Rows with this prompt. */
  readonly rows: number;
  /** Line of the first row with this prompt. */
  readonly group: number;
}

/** Takes row by row, in order; keeps three numbers per row. */
export interface ContradictionFinder {
  add(line: number, row: DataRow): void;
  /** Every row concerned, in the file's order. */
  finish(): readonly Contradiction[];
}

export function createContradictionFinder(): ContradictionFinder {
  /** Prompts to groups; of each group its first line and answer, the first line with another answer (0: none), its rows. */
  const groups = new NumberTable();
  const firstLines = new NumberList();
  const firstAnswers = new NumberList();
  const otherLines = new NumberList();
  const sizes = new NumberList();
  /** Line, group and answer of every row. */
  const lines = new NumberList();
  const groupOf = new NumberList();
  const answers = new NumberList();
  return {
    add(line, row) {
      if (row.prompt === null || row.answer === null) return;
      let group = groups.get(row.prompt);
      if (group === -1) {
        group = firstLines.length;
        groups.set(row.prompt, group);
        firstLines.push(line);
        firstAnswers.push(row.answer);
        otherLines.push(0);
        sizes.push(0);
      }
      lines.push(line);
      groupOf.push(group);
      answers.push(row.answer);
      sizes.set(group, sizes.at(group) + 1);
      if (otherLines.at(group) === 0 && firstAnswers.at(group) !== row.answer) otherLines.set(group, line);
    },
    finish() {
      const found: Contradiction[] = [];
      for (let i = 0; i < lines.length; i += 1) {
        const group = groupOf.at(i);
        if (otherLines.at(group) === 0) continue;
        const first = firstLines.at(group);
        const other = answers.at(i) === firstAnswers.at(group) ? otherLines.at(group) : first;
        found.push({ line: lines.at(i), other, rows: sizes.at(group), group: first });
      }
      return found;
    },
  };
}

export function contradictionFindings(contradictions: readonly Contradiction[]): readonly Finding[] {
  return contradictions.map(({ line, other }) => ({
    code: 'contradiction',
    severity: severityOf('contradiction'),
    message: t('Line {0} has the same prompt with a different answer.', other),
    action: t('Keep the right answer, and remove or correct the others.'),
    line,
    column: 0,
    endColumn: 0,
  }));
}
