// Results of the dataset worker for the report, and their view in the panel.
import type { Problem } from '../../base/result.ts';
import type { Finding, Severity } from '../finding.ts';
import type { ExampleKind } from '../kind.ts';
import type { RowLines } from './rowLines.ts';
import type { DatasetStatistics } from './statistics.ts';

/** Findings of one rule in a file. */
export interface RuleProblems {
  readonly code: string;
  readonly severity: Severity;
  /** Message of the first finding. */
  readonly message: string;
  /** Rows concerned; none when the rule is about the file as a whole. */
  readonly rows: RowLines;
}

/** Rows of a file kept from training, and the rows of the training file that reveal them. */
export interface LeakedRows {
  readonly held: RowLines;
  readonly training: RowLines;
}

/** Comparison of a dataset with another one. */
export interface DatasetComparison {
  /** File that is kept from training, recognized by its name; the other file when the names do not tell. */
  readonly held: 'file' | 'against';
  /** Number of comparable rows in the file kept from training. */
  readonly heldRows: number;
  /** Rows by their strongest match. */
  readonly exact: LeakedRows;
  readonly prompt: LeakedRows;
  readonly near: LeakedRows;
  /** Differences in format between the two; about whole files. */
  readonly format: readonly Finding[];
}

/** Full result about a file, for rows of every kind. */
export interface DatasetReport {
  readonly bytes: number;
  /** Kind of most rows; null when no row is an object. */
  readonly kind: ExampleKind | null;
  /** Number of lines that are not blank. */
  readonly examples: number;
  /** Rows outside the statistics: rows with errors, and rows of kinds that cannot be counted. */
  readonly uncounted: RowLines;
  /** Rows with errors. */
  readonly wrong: RowLines;
  readonly statistics: DatasetStatistics;
  /** Problems, errors first, then by the number of rows. */
  readonly problems: readonly RuleProblems[];
  readonly duplicates: { readonly exact: RowLines; readonly near: RowLines };
  readonly contradictions: { readonly prompts: number; readonly rows: RowLines };
}

/** Another file that may share rows with the dataset, and the state of the comparison with it. */
export type ComparedFile = {
  readonly path: string;
  /** Name for sentences: without its folder, or with it where both files have the same name. */
  readonly name: string;
} & (
  | { readonly state: 'waiting' | 'comparing' | 'canceled' }
  /** Not compared by itself; `bytes` of both files together. */
  | { readonly state: 'too-large'; readonly bytes: number }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'compared'; readonly comparison: DatasetComparison }
);

/** Files that the report compares the dataset with. */
export interface ComparedFiles {
  readonly files: readonly ComparedFile[];
  /** Number of likely files beyond those. */
  readonly more: number;
  /** True: the name of the dataset says that it is kept from training. */
  readonly held: boolean;
}

/** Number of the page that links to its lines; the lines are looked up by its id, outside the page. */
export interface Figure {
  readonly id: string;
  /** Number of rows. */
  readonly count: number;
  /** Line, when there is only one. */
  readonly line: number | null;
}

export interface MarkView {
  readonly label: string;
  readonly value: number;
  readonly figure: Figure;
}

export interface HistogramView {
  /** Scale of the values: bars have the same width on it. */
  readonly scale: 'linear' | 'log';
  readonly marks: readonly MarkView[];
  /** Bars: from (inclusive) to (exclusive). */
  readonly bars: readonly { readonly from: number; readonly to: number; readonly figure: Figure }[];
}

/** Estimated price of a job on one model; US dollars. */
export interface CostRow {
  readonly model: string;
  /** Price of a million trained tokens; null where training is free. */
  readonly price: number | null;
  /** True: the price is the user's own. */
  readonly own: boolean;
  readonly epochUsd: number;
  readonly totalUsd: number;
  /** Most tokens of an example; null when unknown. */
  readonly contextTokens: number | null;
  /** Examples longer than `contextTokens`. */
  readonly over: Figure | null;
  /** Sentences about its retirement and the cap, or an empty text. */
  readonly note: string;
  /** True: no job can be started on it anymore. */
  readonly retired: boolean;
}

export interface CostView {
  /** Sentences about the trained tokens. */
  readonly sentence: string;
  readonly epochs: number;
  readonly trainedTokens: number;
  readonly rows: readonly CostRow[];
  readonly notes: readonly string[];
}

export interface ComparisonView {
  /** Name of the other file. */
  readonly with: string;
  readonly state: ComparedFile['state'];
  /** Name of the file kept from training, without its folder. */
  readonly held: string;
  readonly training: string;
  readonly heldRows: number;
  /** Rows of the table; empty without a comparison. */
  readonly rows: readonly { readonly label: string; readonly held: Figure; readonly training: Figure }[];
  readonly format: readonly string[];
  /** Sentence about a file that is not compared; null for others. */
  readonly note: string | null;
}

/** Answers as numbers. */
export interface NumbersView {
  readonly histogram: HistogramView;
  /** Sentence about the width of the bars and the axis. */
  readonly rule: string;
  /** Rows whose answer has no number. */
  readonly without: Figure;
}

/** View of the report: sentences and numbers, no lines. */
export interface ReportView {
  readonly headline: { readonly tone: 'neutral' | 'good' | 'warning' | 'bad'; readonly text: string };
  readonly facts: readonly { readonly text: string; readonly figure: string | null }[];
  readonly tokens: HistogramView | null;
  readonly answers: HistogramView | null;
  /** Numbers in the answers; null when they are not numbers. */
  readonly numbers: NumbersView | null;
  /** Number of messages per example. */
  readonly messages: readonly MarkView[];
  readonly problems: readonly {
    readonly code: string;
    readonly title: string;
    readonly severity: Severity;
    /** True: it is about the file as a whole, even where a line shows it. */
    readonly ofFile: boolean;
    /** Rows concerned; null when no line shows it. */
    readonly figure: Figure | null;
    /** Message of the first finding. */
    readonly message: string;
  }[];
  readonly relations: {
    readonly exact: Figure;
    readonly near: Figure;
    readonly prompts: number;
    readonly contradictory: Figure;
  };
  readonly comparisons: readonly ComparisonView[];
  /** Sentence about files that are not looked for or not looked at; null when there are none. */
  readonly notCompared: string | null;
  readonly distinctAnswers: Figure;
  /** Most frequent answers. `share`: of all answers, 0…1. */
  readonly frequentAnswers: readonly { readonly text: string; readonly share: number; readonly figure: Figure }[];
  readonly roles: readonly {
    readonly role: string;
    readonly messages: number;
    readonly tokens: number;
    readonly figure: Figure;
  }[];
  readonly cost: CostView | null;
}

/** Lines behind a figure. */
export interface FigureRows {
  /** Path of the compared file that has the rows; null: the dataset itself. */
  readonly file: string | null;
  /** Common property of the rows, for the head of a list: `100 to 119 tokens`. */
  readonly title: string;
  readonly rows: RowLines;
}
