import type { ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import type { GraderType, TestItem } from '../core/evaluation/types.ts';
import type { Problem } from '../core/result.ts';

/** Where a dataset comes from: a file read by the worker, or the text of an open document. */
export type DatasetSource = { readonly path: string } | { readonly name: string; readonly text: string };

export interface DatasetSummary {
  /** Non-blank lines. */
  readonly examples: number;
  readonly bytes: number;
  readonly sha256: string;
  /** 1 + Σ messages (4 + o200k tokens), summed over examples (docs: billing formula). Null when errors made counting meaningless. */
  readonly tokens: number | null;
  /** True when the formula does not cover all of it (tools, images, very long runs): say `estimate`. */
  readonly tokensEstimated?: boolean;
  /** At most 1,000; `findingCount` is the whole number. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly errorCount: number;
  readonly answers: AnswerSummary;
}

/** What the answers (last assistant messages) look like; steers grader and baseline. */
export interface AnswerSummary {
  readonly count: number;
  readonly distinct: number;
  readonly meanTokens: number;
  /** Share of answers that hold a number, 0…1. */
  readonly numericShare: number;
  /** Median of the numbers; null when fewer than half are numeric. */
  readonly medianNumber: number | null;
  readonly mostFrequent: string | null;
  /** Longest prefix of words shared by all answers that leaves something to say, e.g. `Price is $`; null when there is none. */
  readonly commonPrefix: string | null;
  readonly proposedGrader: GraderType;
}

export interface DatasetRow {
  readonly line: number;
  readonly title: string;
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
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
  /** Writes `train` and `validation` beside each other, atomically; every example in exactly one, equal prompts never on both sides. */
  split(
    path: string,
    target: { readonly train: string; readonly validation: string },
    options: { readonly validationShare: number; readonly seed: number },
  ): Promise<{ readonly train: number; readonly validation: number }>;
}

/** Extension → worker: a request, or the wish to end one. Ids are the extension's, each used once. */
export type ToDatasetWorker =
  | {
      readonly [Method in keyof DatasetWorkerApi]: {
        readonly id: number;
        readonly method: Method;
        readonly args: Parameters<DatasetWorkerApi[Method]>;
      };
    }[keyof DatasetWorkerApi]
  | { readonly cancel: number };

/** Worker → extension: exactly one answer a request, also for a cancelled one (code `cancelled`). */
export type FromDatasetWorker =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly problem: Problem };
