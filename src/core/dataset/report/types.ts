// What the dataset worker finds out for the report, and what the panel shows of it.
import type { Problem } from '../../base/result.ts';
import type { Finding, Severity } from '../finding.ts';
import type { ExampleKind } from '../kind.ts';
import type { RowLines } from './rowLines.ts';
import type { DatasetStatistics } from './statistics.ts';

/** What one rule found in a file. */
export interface RuleProblems {
  readonly code: string;
  readonly severity: Severity;
  /** Of the first finding. */
  readonly message: string;
  /** None when it is about the file as a whole. */
  readonly rows: RowLines;
}

/** Rows of a file kept from training, and the rows of the training file that give them away. */
export interface LeakedRows {
  readonly held: RowLines;
  readonly training: RowLines;
}

/** A dataset held against another one. */
export interface DatasetComparison {
  /** Its path. */
  readonly against: string;
  /** Which of the two is kept from training; told by their names, the other file when they do not tell. */
  readonly held: 'file' | 'against';
  /** Rows of the file kept from training that could be compared. */
  readonly heldRows: number;
  /** By the strongest that can be said of a row. */
  readonly exact: LeakedRows;
  readonly prompt: LeakedRows;
  readonly near: LeakedRows;
  /** What sets the format of the two apart; about whole files. */
  readonly format: readonly Finding[];
}

/** Everything that was found out about a file, of whatever kind its rows are. */
export interface DatasetReport {
  readonly bytes: number;
  /** The kind of most rows; null when no row is an object. */
  readonly kind: ExampleKind | null;
  /** Lines that are not blank. */
  readonly examples: number;
  /** Rows with errors, and rows of kinds that cannot be counted: not in the statistics. */
  readonly uncounted: RowLines;
  /** Rows with an error of their own. */
  readonly wrong: RowLines;
  readonly statistics: DatasetStatistics;
  /** Errors first, then by the number of rows. */
  readonly problems: readonly RuleProblems[];
  readonly duplicates: { readonly exact: RowLines; readonly near: RowLines };
  readonly contradictions: { readonly prompts: number; readonly rows: RowLines };
  /** Null when the file was held against no other; a problem when that one cannot be read. */
  readonly comparison: DatasetComparison | { readonly against: string; readonly problem: Problem } | null;
}

/** A number of the page that leads to its lines; which those are is known by its id, outside of the page. */
export interface Figure {
  readonly id: string;
  /** Rows it stands for. */
  readonly count: number;
  /** The line, when there is one only. */
  readonly line: number | null;
}

export interface MarkView {
  readonly label: string;
  readonly value: number;
  readonly figure: Figure;
}

export interface HistogramView {
  readonly marks: readonly MarkView[];
  /** From (inclusive) to (exclusive). */
  readonly bars: readonly { readonly from: number; readonly to: number; readonly figure: Figure }[];
}

/** What a job would cost on one model; US dollars. */
export interface CostRow {
  readonly model: string;
  /** For a million trained tokens; null where training is free. */
  readonly price: number | null;
  /** The price is the user's own. */
  readonly own: boolean;
  readonly epochUsd: number;
  readonly totalUsd: number;
  /** Tokens an example may have; null when unknown. */
  readonly contextTokens: number | null;
  /** Examples longer than that. */
  readonly over: Figure | null;
  /** One sentence or nothing: when it retires, that it is above the cap. */
  readonly note: string;
  /** No job can be started on it any more. */
  readonly retired: boolean;
}

export interface CostView {
  /** What is trained, in one or two sentences. */
  readonly sentence: string;
  readonly epochs: number;
  readonly trainedTokens: number;
  readonly rows: readonly CostRow[];
  readonly notes: readonly string[];
}

export interface ComparisonView {
  /** The other file, without its folder. */
  readonly with: string;
  /** Names without folders. */
  readonly held: string;
  readonly training: string;
  readonly heldRows: number;
  /** Null when the file cannot be read; then `problem` says why. */
  readonly rows: readonly { readonly label: string; readonly held: Figure; readonly training: Figure }[];
  readonly format: readonly string[];
  readonly problem: string | null;
}

/** The page of the report: sentences and numbers, no lines. */
export interface ReportView {
  readonly headline: { readonly tone: 'neutral' | 'good' | 'warning' | 'bad'; readonly text: string };
  readonly facts: readonly { readonly text: string; readonly figure: string | null }[];
  readonly tokens: HistogramView | null;
  readonly answers: HistogramView | null;
  /** Messages an example has. */
  readonly messages: readonly MarkView[];
  readonly problems: readonly {
    readonly code: string;
    readonly title: string;
    readonly severity: Severity;
    /** It is about the file as a whole, even where a line shows it. */
    readonly ofFile: boolean;
    /** Null when no line shows it. */
    readonly figure: Figure | null;
    /** Of the first finding. */
    readonly message: string;
  }[];
  readonly relations: {
    readonly exact: Figure;
    readonly near: Figure;
    readonly prompts: number;
    readonly contradictory: Figure;
  };
  readonly comparison: ComparisonView | null;
  readonly distinctAnswers: Figure;
  /** `share`: of all answers, 0…1. */
  readonly frequentAnswers: readonly { readonly text: string; readonly share: number; readonly figure: Figure }[];
  readonly roles: readonly {
    readonly role: string;
    readonly messages: number;
    readonly tokens: number;
    readonly figure: Figure;
  }[];
  readonly cost: CostView | null;
}

/** The lines behind a figure. */
export interface FigureRows {
  /** Which of the two files they are of. */
  readonly file: 'file' | 'against';
  /** What the rows have in common, for the head of a list: `100 to 119 tokens`. */
  readonly title: string;
  readonly rows: RowLines;
}
