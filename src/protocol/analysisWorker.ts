// One analysis of a dataset in a thread of its own: it trains models or writes parts of the file, and ends with its answer. Canceled by ending the thread.
import type { Language } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import type { DataParts } from '../core/dataset/dataCurve/modelPoints.ts';
import type { MoreData } from '../core/dataset/dataCurve/moreData.ts';
import type { SuspiciousReport } from '../core/dataset/suspicious/types.ts';

/** Analyses by name, with their results. */
export interface Analyses {
  readonly suspiciousAnswers: SuspiciousReport;
  readonly moreData: MoreData;
  /** Writes parts of the training rows into files, and holds rows back to test with. */
  readonly dataParts: DataParts;
}

/** Data that the thread is started with. */
export interface AnalysisOrder {
  readonly analysis: keyof Analyses;
  readonly path: string;
  /** File to measure errors on; null: by cross-validation. */
  readonly validation: string | null;
  /** Folder for the files that the analysis writes, which is there; null where it writes none. */
  readonly folder: string | null;
  readonly language: Language;
}

/** Thread → extension: progress, then one answer. */
export type FromAnalysis<A extends keyof Analyses = keyof Analyses> =
  /** 0…1. */
  | { readonly progress: number }
  | { readonly ok: true; readonly value: Analyses[A] }
  | { readonly ok: false; readonly problem: Problem };
