// Suspicious answers of a file of lines: what the command line and the thread of the editor share.
import { ok, type Result } from '../../core/base/result.ts';
import { createChecker } from '../../core/dataset/check/checker.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import { rowTitles } from '../../core/dataset/rowTitles.ts';
import { hashOfLine } from '../../core/dataset/suspicious/lineTracker.ts';
import { shortAnswer, suspicionReason } from '../../core/dataset/suspicious/reason.ts';
import type { SuspiciousReport, TrackedLine } from '../../core/dataset/suspicious/types.ts';
import { questionOf } from '../../core/evaluation/prompt.ts';
import type { RawLine } from '../../core/jsonl/lines.ts';
import { decodeUtf8 } from '../../core/jsonl/utf8.ts';
import { turnsOf } from '../engines/linear/prepare.ts';
import type { HeldOutOptions } from './heldOut.ts';
import { SimilarRows } from './similarRows.ts';
import { findSuspicious } from './suspiciousAnswers.ts';

/** Seed of the product: the same file gives the same list on the command line and in the window. */
export const SUSPICION_SEED = 1;

interface Place extends TrackedLine {
  readonly column: number;
  readonly endColumn: number;
}

/** Rows that the report lists at least, and rows that travel at most. */
export interface SuspiciousLimits {
  readonly listed: number;
  readonly most: number;
  /** Whether similar rows that say otherwise are looked for. */
  readonly similar: boolean;
}

/** Reads the lines of a file and then ranks its answers. */
export class SuspiciousFile {
  readonly #checker = createChecker({ accept: 'any', minExamples: 0 });
  readonly #examples: ChatExample[] = [];
  readonly #places: Place[] = [];

  /** Takes the next line; false when the rest need not be read. */
  line(raw: RawLine): boolean {
    const { example } = this.#checker.line(raw);
    if (example !== null) {
      this.#examples.push(example);
      this.#places.push(placeOf(raw, answerIn(example)));
    }
    return !this.#checker.stopped;
  }

  /** Ranks what was read; as `findSuspicious`. */
  async rank(
    { listed, most, similar }: SuspiciousLimits,
    options: HeldOutOptions,
  ): Promise<Result<SuspiciousReport> | null> {
    const found = await findSuspicious(this.#examples, options);
    if (found?.ok !== true) return found;
    const { kind, rows } = found.value;
    const kept = rows.filter(({ called }, at) => called || at < listed).slice(0, most);
    const answers = this.#examples.map(answerIn);
    const others = similar ? new SimilarRows(this.#examples, answers, kind) : null;
    const titleOf = rowTitles(this.#examples.map(questionOf));
    return ok({
      judged: rows.length,
      called: rows.filter(({ called }) => called).length,
      rows: kept.map(({ index, answer, expected, score, called }) => {
        const example = this.#examples[index];
        return {
          ...this.#placeOf(index),
          question: example === undefined ? '' : titleOf(questionOf(example)),
          answer: shortAnswer(answer),
          expected: shortAnswer(expected),
          score,
          called,
          reason: suspicionReason({ answer, expected, score }, kind),
          similar: (others?.of(index) ?? []).map(({ index: other, similarity }) => {
            const { line, hash } = this.#placeOf(other);
            return { line, hash, answer: shortAnswer(answers[other] ?? ''), similarity };
          }),
        };
      }),
    });
  }

  #placeOf(index: number): Place {
    return this.#places[index] ?? { line: 0, hash: 0, column: 0, endColumn: 0 };
  }
}

/** The answer that is judged: the last one that is trained on. */
function answerIn(example: ChatExample): string | null {
  return turnsOf(example).at(-1)?.answer ?? null;
}

function placeOf(raw: RawLine, answer: string | null): Place {
  const decoded = raw.bytes === null ? null : decodeUtf8(raw.bytes);
  // An editor shows a file without its byte order mark.
  const text = decoded?.ok === true ? decoded.value.replace(/^\uFEFF/, '') : '';
  const written = JSON.stringify(answer ?? '');
  // The last place: questions and earlier turns may have the same text.
  const at = answer === null ? -1 : text.lastIndexOf(written);
  return {
    line: raw.number,
    hash: hashOfLine(text),
    column: at === -1 ? 0 : at + 1,
    endColumn: at === -1 ? 0 : at + 1 + written.length,
  };
}
