import type { ReadingProblem } from '../core/training/curves/curveCollector.ts';
import type { FileRun } from '../core/training/curves/curveRuns.ts';
import type { ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import type { ColumnMapping, TableFacts } from '../core/dataset/transform/convert.ts';
import type { LeftOutKey, SkippedReason, SkippedRow } from '../core/dataset/transform/tally.ts';
import type { LineFix } from '../core/dataset/check/fixes.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import type { DatasetComparison, DatasetReport } from '../core/dataset/report/types.ts';
import type { Floor } from '../core/evaluation/evalFile.ts';
import type { DecimalMark } from '../core/evaluation/readNumber.ts';
import type { Floors } from '../core/evaluation/baselines/floors.ts';
import type { GraderType, TestItem } from '../core/evaluation/types.ts';
import type { Problem } from '../core/base/result.ts';

/** Source of a dataset: a file read by the worker, or the text of an open document. */
export type DatasetSource = { readonly path: string } | { readonly name: string; readonly text: string };

/** Grader whose fields the rows must have: a chosen file, or one beside rows that have no answers. */
export type GraderSource = { readonly file: string } | { readonly beside: string };

export interface GraderUse {
  readonly path: string;
  /** Fields of a row that its templates read, as dotted paths. */
  readonly fields: readonly string[];
}

export interface DatasetSummary {
  /** Non-blank lines. */
  readonly examples: number;
  readonly bytes: number;
  readonly sha256: string;
  /** 1 + Σ messages (4 + o200k tokens), summed over examples (docs: billing formula). Null when errors made counting meaningless. */
  readonly tokens: number | null;
  /** True when the formula does not cover everything (tools as compact JSON, no images, very long runs): call it an estimate. */
  readonly tokensEstimated?: boolean;
  /** Tokens of tool definitions and calls among `tokens`, counted as compact JSON; absent when there are none. */
  readonly toolTokens?: number;
  /** At most 1,000; `findingCount` is the whole number. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly errorCount: number;
  readonly answers: AnswerSummary;
  /** Rows for a grader that have a system message. */
  readonly systemRows: number;
}

/** Figures of the answers (last assistant messages); they steer grader and baseline. */
export interface AnswerSummary {
  readonly count: number;
  readonly distinct: number;
  readonly meanTokens: number;
  /** Share of answers that hold a number after `commonPrefix`, 0…1. */
  readonly numericShare: number;
  /** Answers without a number: the number grader has nothing to compare with. */
  readonly withoutNumber: number;
  /** Answers of nothing but white space. */
  readonly empty: number;
  /** Median of the numbers; null when fewer than half are numeric. */
  readonly medianNumber: number | null;
  readonly mostFrequent: string | null;
  /** Longest prefix of words shared by all answers that leaves a rest of each, e.g. `Price is $`; null when there is none. */
  readonly commonPrefix: string | null;
  readonly proposedGrader: GraderType;
  /** Mark before the decimals of the answers' numbers. */
  readonly decimalMark: DecimalMark;
}

export interface DatasetRow {
  readonly line: number;
  readonly title: string;
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
}

/** Problems of a file of JSON lines, for the editor. */
export interface DatasetCheck {
  /**
   * Whether it is meant as a dataset: some row is an example of a known kind, or tries to be one. Logs and other JSON
   * lines are not; their only findings are invalid JSON, as information.
   */
  readonly dataset: boolean;
  /** The kind of most rows; null when no row is an object. */
  readonly kind: ExampleKind | null;
  /** Non-blank lines. */
  readonly examples: number;
  /** Findings in the order of the lines, at most `limit`; errors go before the rest when there are more. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly errorCount: number;
  /** Absent when the rows were checked without a grader. */
  readonly grader?: GraderUse;
}

export interface DatasetTokens {
  /** Σ of the billing formula over the examples that can be read. */
  readonly tokens: number;
  readonly estimated: boolean;
  /** Examples that were counted. */
  readonly examples: number;
  /** Tokens of the longest example, and its line; 0 when there is none. */
  readonly longest: number;
  readonly longestLine: number;
}

/** One row of the outline. */
export interface OutlineRow {
  readonly line: number;
  /** One line of text, never empty. */
  readonly title: string;
  /** The answer in short, or the problem of the row. */
  readonly detail: string;
  readonly broken: boolean;
}

/** Content of one message of a line. */
export interface LineMessage {
  readonly role: string;
  readonly text: string;
  /** Parts that are not text, by their types, e.g. `image_url`. */
  readonly otherParts: readonly string[];
  /** Tool calls as `name(arguments)`. */
  readonly calls: readonly string[];
  /** Tokens of the content, without the four that each message has besides. */
  readonly tokens: number;
}

export interface LineDetails {
  readonly messages: readonly LineMessage[];
  /** Tokens by the billing formula. */
  readonly tokens: number;
  readonly estimated: boolean;
}

/** A line with its new text, without its ending (line feeds inside make several); null when the line goes. */
export interface LineEdit {
  readonly line: number;
  readonly text: string | null;
}

/** Rows of a file that are related to others. */
export interface FoundRows extends Pick<DatasetCheck, 'examples' | 'findings' | 'findingCount' | 'errorCount'> {
  /** Hash of the file they were found in. */
  readonly sha256: string;
}

/** Lines from 1; each row once, later ones of equal rows. */
export interface DuplicateReport extends FoundRows {
  readonly exact: readonly number[];
  readonly near: readonly number[];
}

export interface ContradictionReport extends FoundRows {
  /** Prompts that have several answers. */
  readonly prompts: number;
}

export interface LeakageReport extends FoundRows {
  /** Lines of the checked file. */
  readonly lines: readonly number[];
  /** Rows by their strongest relation. */
  readonly exact: number;
  readonly prompt: number;
  readonly near: number;
}

/** A line of a file, to be shown. */
export interface ExcerptLine {
  readonly line: number;
  /** Null when it is too long, no text, or no longer there. */
  readonly text: string | null;
  /** The question, on one line; the beginning of its text when it is no chat example. */
  readonly title: string;
  /** The answer in short. */
  readonly detail: string;
}

/** Rows of a file beside those of an earlier one; equal rows count as often as they occur. */
export interface RowChanges {
  readonly added: number;
  readonly removed: number;
  readonly kept: number;
}

/** Curves of a file. */
export interface CurveFile {
  /** One a training. */
  readonly runs: readonly FileRun[];
  /** Null: the file does not tell. */
  readonly epochs: number | null;
  /** Columns that are no curves. */
  readonly leftOut: readonly string[];
  /** The first places that could not be read. */
  readonly problems: readonly ReadingProblem[];
  readonly problemCount: number;
}

/** Outcome of a conversion. Rows that were read are converted or skipped. */
export interface Conversion {
  readonly converted: number;
  readonly skipped: number;
  /** The first row that was skipped. */
  readonly first: SkippedRow | null;
  /** Reasons of the rows that were skipped, the most frequent one first; absent without any. */
  readonly reasons?: readonly SkippedReason[];
  /** Keys of the source that the result has no place for; absent without any. */
  readonly leftOut?: readonly LeftOutKey[];
  /** Absent for chat examples. */
  readonly kind?: 'preference' | 'reinforcement';
}

/** Training example near a question. */
export interface NearExample {
  readonly line: number;
  /** Beginning of its last user message, and of its answer. */
  readonly question: string;
  readonly answer: string;
  /** Cosine of the two TF-IDF vectors, 0…1. */
  readonly similarity: number;
}

/** Facts of an evaluation that its free floors depend on. */
export interface FloorOptions {
  readonly grader: GraderType;
  /** Beginning that all test answers share. */
  readonly truthPrefix: string | null;
  readonly decimalMark: DecimalMark;
  /** Floors that are made however long it takes. */
  readonly listed: readonly Floor[];
}

/** Requests to the dataset worker; every one may be aborted, and rejects with a `Problem` when the source cannot be read. */
export interface DatasetWorkerApi {
  inspect(source: DatasetSource, options: { readonly countTokens: boolean }): Promise<DatasetSummary>;
  /** Rows for picking one by hand, `limit` at most from row `offset`. */
  rows(source: DatasetSource, offset: number, limit: number): Promise<readonly DatasetRow[]>;
  /** Test items: conversations without their answers; the prefix is kept as a last assistant message when given. */
  testItems(
    path: string,
    answerPrefix: string | null,
  ): Promise<{ readonly sha256: string; readonly items: readonly TestItem[] }>;
  /** Free floors over the items of a test file, as far as they can be made; `training`: null where it is not known. */
  floors(path: string, training: string | null, options: FloorOptions): Promise<Floors>;
  /**
   * Checks for the editor, by the rules of every kind. With `disk` also by those for the bytes of that file (encoding, byte
   * order mark), for an open document that is unchanged since it was read from there. Files that are not `forTraining`
   * may be short.
   */
  check(
    source: DatasetSource,
    options: {
      readonly disk: string | null;
      readonly forTraining: boolean;
      readonly limit: number;
      readonly grader?: GraderSource | null;
    },
  ): Promise<DatasetCheck>;
  countTokens(source: DatasetSource): Promise<DatasetTokens>;
  /** The first `limit` rows that are not blank; none when they are no dataset (see `DatasetCheck`). */
  outline(source: DatasetSource, limit: number): Promise<readonly OutlineRow[]>;
  /** Content of one line; null when it is no chat example. */
  describeLine(text: string): Promise<LineDetails | null>;
  /** The fix of each finding of a line, in their order; null where the user has to decide. */
  fixesOfLine(text: string, findings: readonly Finding[]): Promise<readonly (LineFix | null)[]>;
  /** The lines that the fixes of these codes change; all codes when null. */
  fixText(source: DatasetSource, codes: readonly string[] | null): Promise<readonly LineEdit[]>;
  /** Writes the fixed file to `target` (which may be the same one), atomically; the number of lines changed. */
  fixFile(path: string, target: string, codes: readonly string[] | null): Promise<number>;
  findDuplicates(path: string, limit: number): Promise<DuplicateReport>;
  findContradictions(path: string, limit: number): Promise<ContradictionReport>;
  /** Rows of `path` that `against` gives away. */
  findLeakage(path: string, against: string, limit: number): Promise<LeakageReport>;
  /** Differences between the format of `path` and that of the file that is trained on; about the whole file. */
  compareFormats(path: string, training: string): Promise<readonly Finding[]>;
  /** Compares the beginning `prefix` of replies with that of the training answers, which is returned too. */
  comparePrefix(
    prefix: string | null,
    training: string,
  ): Promise<{ readonly finding: Finding | null; readonly answerPrefix: string | null }>;
  /** Writes `target` without these lines, atomically; refuses when the file has changed since they were found. */
  removeLines(
    path: string,
    target: string,
    lines: readonly number[],
    before: { readonly sha256: string; readonly examples: number },
  ): Promise<{ readonly kept: number; readonly removed: number }>;
  /** Several parts by their shares of the rows (the first gets the rest); rows of each. As `split`. */
  splitParts(
    path: string,
    parts: readonly { readonly file: string; readonly share: number }[],
    seed: number,
  ): Promise<readonly number[]>;
  /** All figures of a file, in one reading of it. */
  report(path: string): Promise<DatasetReport>;
  /** Rows that two files share, by the one whose name says that it is kept from training, and differences between their formats. */
  compare(path: string, against: string): Promise<DatasetComparison>;
  /** Rows of `path` beside those of `before`, whatever their order. */
  rowChanges(before: string, path: string): Promise<RowChanges>;
  /** Curves of a result file, a trainer_state.json or a CSV export of Weights & Biases. */
  readCurve(path: string): Promise<CurveFile>;
  /** The `most` examples of a training file that are nearest to a question, nearest first. */
  neighbors(path: string, question: string, most: number): Promise<readonly NearExample[]>;
  /** These lines again (in ascending order), each `maxUnits` UTF-16 units at most. */
  excerpt(path: string, lines: readonly number[], maxUnits: number): Promise<readonly ExcerptLine[]>;
  /** Splits two files that give each other away again, in the share the validation file had; rows of each. */
  cleanSplit(
    files: { readonly training: string; readonly validation: string },
    targets: { readonly training: string; readonly validation: string },
    seed: number,
  ): Promise<{ readonly training: number; readonly validation: number; readonly removed: number }>;
  /** The columns of a table (CSV, TSV) with a header; null when the file is none. */
  tableOf(path: string): Promise<TableFacts | null>;
  /** Writes JSONL from a table, or with null from JSON of any form that is known: chat examples, or preference pairs. */
  convert(
    path: string,
    target: string,
    table: { readonly delimiter: string; readonly mapping: ColumnMapping } | null,
  ): Promise<Conversion>;
  /** Rows at random, all when `rows` is null, in the file's order or shuffled; the number written. */
  sample(
    path: string,
    target: string,
    options: { readonly rows: number | null; readonly shuffle: boolean; readonly seed: number },
  ): Promise<number>;
  /**
   * Writes `train` and `validation` beside each other, atomically; every example in exactly one, equal prompts never on both sides.
   * With `sha256` (hexadecimal) only a file of these bytes is split; of another one it rejects with `dataset-changed`.
   */
  split(
    path: string,
    target: { readonly train: string; readonly validation: string },
    options: { readonly validationShare: number; readonly seed: number; readonly sha256?: string },
  ): Promise<{ readonly train: number; readonly validation: number }>;
}

/** Extension → worker: a request, or an order to end one. Ids are the extension's, each used once. */
export type ToDatasetWorker =
  | {
      readonly [Method in keyof DatasetWorkerApi]: {
        readonly id: number;
        readonly method: Method;
        readonly args: Parameters<DatasetWorkerApi[Method]>;
      };
    }[keyof DatasetWorkerApi]
  | { readonly cancel: number };

/** Worker → extension: exactly one answer per request, also for a canceled one (code `cancelled`); before it, perhaps, its progress. */
export type FromDatasetWorker =
  /** 0…1, of the bytes to be read. */
  | { readonly id: number; readonly progress: number }
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly problem: Problem };
