import { t } from '../../base/messages.ts';
import type { Finding } from '../finding.ts';
import { NumberList, NumberTable } from './numberTable.ts';
import type { DataRow, JudgedAnswers } from './row.ts';
import { RowHash } from './rowHash.ts';
import { severityOf } from '../check/ruleTable.ts';

/** A row whose prompt another row answers differently, or whose good answer another row calls bad. */
export interface Contradiction {
  readonly line: number;
  /** The first row that says otherwise. */
  readonly other: number;
  /** Rows with this prompt. */
  readonly rows: number;
  /** Line of the first row with this prompt. */
  readonly group: number;
  /** True when the two rows judge one answer differently: preference pairs, rows with a `label`. */
  readonly judged: boolean;
}

/** Takes row by row, in order; keeps three numbers per row, five of one that judges its answers. */
export interface ContradictionFinder {
  add(line: number, row: DataRow): void;
  /** Every row concerned, in the file's order. */
  finish(): readonly Contradiction[];
}

export function createContradictionFinder(): ContradictionFinder {
  const learned = new LearnedAnswers();
  const judged = new JudgedRows();
  return {
    add(line, row) {
      if (row.prompt === null) return;
      if (row.judged !== undefined) judged.add(line, row.prompt, row.judged);
      else if (row.answer !== null) learned.add(line, row.prompt, row.answer);
    },
    finish: () => [...learned.found(), ...judged.found()].sort((a, b) => a.line - b.line),
  };
}

/** Rows whose answer is to be learned: a second answer to a prompt contradicts the first. */
class LearnedAnswers {
  /** Prompts to groups; of each group its first line and answer, the first line with another answer (0: none), its rows. */
  readonly #groups = new NumberTable();
  readonly #firstLines = new NumberList();
  readonly #firstAnswers = new NumberList();
  readonly #otherLines = new NumberList();
  readonly #sizes = new NumberList();
  /** Line, group and answer of every row. */
  readonly #lines = new NumberList();
  readonly #groupOf = new NumberList();
  readonly #answers = new NumberList();

  add(line: number, prompt: number, answer: number): void {
    let group = this.#groups.get(prompt);
    if (group === -1) {
      group = this.#firstLines.length;
      this.#groups.set(prompt, group);
      this.#firstLines.push(line);
      this.#firstAnswers.push(answer);
      this.#otherLines.push(0);
      this.#sizes.push(0);
    }
    this.#lines.push(line);
    this.#groupOf.push(group);
    this.#answers.push(answer);
    this.#sizes.set(group, this.#sizes.at(group) + 1);
    if (this.#otherLines.at(group) === 0 && this.#firstAnswers.at(group) !== answer) this.#otherLines.set(group, line);
  }

  found(): readonly Contradiction[] {
    const found: Contradiction[] = [];
    for (let i = 0; i < this.#lines.length; i += 1) {
      const group = this.#groupOf.at(i);
      const otherLine = this.#otherLines.at(group);
      if (otherLine === 0) continue;
      const first = this.#firstLines.at(group);
      const other = this.#answers.at(i) === this.#firstAnswers.at(group) ? otherLine : first;
      found.push({ line: this.#lines.at(i), other, rows: this.#sizes.at(group), group: first, judged: false });
    }
    return found;
  }
}

/** No answer in one of the lists. */
const NONE = -1;

/** Rows that call answers good or bad: an answer that one row calls good and another bad contradicts. Two good answers do not. */
class JudgedRows {
  /** Prompts to groups; of each group its first line and its rows. */
  readonly #groups = new NumberTable();
  readonly #firstLines = new NumberList();
  readonly #sizes = new NumberList();
  /** Line, group and judged answers of every row, each hashed with its prompt. */
  readonly #lines = new NumberList();
  readonly #groupOf = new NumberList();
  readonly #accepted = new NumberList();
  readonly #rejected = new NumberList();
  /** Answers with their prompts to the first line that calls them good, and bad. */
  readonly #acceptedBy = new NumberTable();
  readonly #rejectedBy = new NumberTable();

  add(line: number, prompt: number, { accepted, rejected }: JudgedAnswers): void {
    let group = this.#groups.get(prompt);
    if (group === -1) {
      group = this.#firstLines.length;
      this.#groups.set(prompt, group);
      this.#firstLines.push(line);
      this.#sizes.push(0);
    }
    this.#sizes.set(group, this.#sizes.at(group) + 1);
    const good = accepted === null ? NONE : answerTo(prompt, accepted);
    const bad = rejected === null ? NONE : answerTo(prompt, rejected);
    this.#lines.push(line);
    this.#groupOf.push(group);
    this.#accepted.push(good);
    this.#rejected.push(bad);
    // A pair of two equal answers is malformed by itself and contradicts no other row.
    if (good === bad) return;
    if (good !== NONE && this.#acceptedBy.get(good) === -1) this.#acceptedBy.set(good, line);
    if (bad !== NONE && this.#rejectedBy.get(bad) === -1) this.#rejectedBy.set(bad, line);
  }

  found(): readonly Contradiction[] {
    const found: Contradiction[] = [];
    for (let i = 0; i < this.#lines.length; i += 1) {
      const good = this.#accepted.at(i);
      const bad = this.#rejected.at(i);
      if (good === bad) continue;
      const others = [
        good === NONE ? -1 : this.#rejectedBy.get(good),
        bad === NONE ? -1 : this.#acceptedBy.get(bad),
      ].filter((line) => line !== -1);
      if (others.length === 0) continue;
      const group = this.#groupOf.at(i);
      found.push({
        line: this.#lines.at(i),
        other: Math.min(...others),
        rows: this.#sizes.at(group),
        group: this.#firstLines.at(group),
        judged: true,
      });
    }
    return found;
  }
}

const hash = new RowHash();

function answerTo(prompt: number, answer: number): number {
  hash.reset();
  hash.addNumber(prompt);
  hash.addNumber(answer);
  return hash.number();
}

export function contradictionFindings(contradictions: readonly Contradiction[]): readonly Finding[] {
  return contradictions.map(({ line, other, judged }) => ({
    code: 'contradiction',
    severity: severityOf('contradiction'),
    message: judged
      ? t('Line {0} has the same prompt and judges one of these answers the other way.', other)
      : t('Line {0} has the same prompt with a different answer.', other),
    action: judged
      ? t('Keep the right judgment, and remove or correct the others.')
      : t('Keep the right answer, and remove or correct the others.'),
    line,
    column: 0,
    endColumn: 0,
  }));
}
