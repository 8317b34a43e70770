// Answers that look wrong, as they travel from the thread that judged them to the editor and the report.

/** Line of a file with the hash of its text (`hashOfLine`), by which it is found again after the file was edited. */
export interface TrackedLine {
  /** From 1. */
  readonly line: number;
  readonly hash: number;
}

/** Row with a question near that of a suspicious row, and another answer. */
export interface SimilarRow extends TrackedLine {
  /** Beginning of its answer. */
  readonly answer: string;
  /** Cosine of the two questions' TF-IDF vectors, 0…1. */
  readonly similarity: number;
}

export interface SuspiciousAnswer extends TrackedLine {
  /** Columns of the answer in its line, from 1, the end exclusive; both 0 where it was not found there. */
  readonly column: number;
  readonly endColumn: number;
  /** Beginning of the question, on one line. */
  readonly question: string;
  /** Beginnings of the answer and of the answer that models expect which have not seen the row. */
  readonly answer: string;
  readonly expected: string;
  /** 0…1, 1 the most suspicious. */
  readonly score: number;
  /** Whether the product warns of it. */
  readonly called: boolean;
  /** Sentence about the score. */
  readonly reason: string;
  /** Nearest rows that say otherwise, nearest first. */
  readonly similar: readonly SimilarRow[];
}

export interface SuspiciousReport {
  /** Number of answers that were judged. */
  readonly judged: number;
  /** Number of answers that the product warns of. */
  readonly called: number;
  /** The most suspicious ones and, as far as there is room, all that the product warns of; the most suspicious first. */
  readonly rows: readonly SuspiciousAnswer[];
}

/** Rows of a report with the lines where they are now; rows whose text was changed since are left out. */
export type PlacedAnswer = SuspiciousAnswer & {
  /** Place in the report, which stays. */
  readonly rank: number;
};
