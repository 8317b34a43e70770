// Thread that reads the files of a dataset of the hub: a look at their ends and first rows, or their rows as examples. It asks the
// extension for bytes that are not on this machine, and is canceled by ending it.
import type { Language } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import type { HubSource } from '../core/dataset/hub/origin.ts';
import type { ColumnChoice, RowsPreview } from '../core/dataset/hub/preview.ts';
import type { ColumnMapping } from '../core/dataset/transform/convert.ts';
import type { Conversion } from './datasetWorker.ts';

/** Format of a dataset's files. */
export type RowFormat = 'parquet' | 'json';

/** Looks at files that the extension reads for it. */
export interface LookOrder {
  readonly job: 'look';
  readonly format: RowFormat;
  /** Bytes of each file. */
  readonly sizes: readonly number[];
}

/** Facts of the files before they are downloaded. */
export interface HubLook {
  /** Rows of each file; null where the format does not tell. */
  readonly rows: readonly number[] | null;
  /** Bytes of all rows without compression; null where it is not known. */
  readonly unpacked: number | null;
  readonly choice: ColumnChoice;
  /** Null: the first rows are too large for a look. */
  readonly preview: RowsPreview | null;
}

/** Converts files on this machine, and writes the dataset and its origin: both or none. */
export interface ImportOrder {
  readonly job: 'import';
  readonly format: RowFormat;
  readonly files: readonly string[];
  /** Null: by the form of the rows. */
  readonly mapping: ColumnMapping | null;
  readonly limit: number | null;
  readonly target: string;
  /** What names of unfinished files beside `target` end in: `.0123456789ab.tmp`. They are the caller's to delete. */
  readonly mark: string;
  readonly source: HubSource;
}

export interface HubImport extends Conversion {
  /** Rows that were read: converted and skipped ones. */
  readonly read: number;
  readonly bytes: number;
}

export type HubOrder = LookOrder | ImportOrder;
export type HubAnswer<O extends HubOrder> = O extends LookOrder ? HubLook : HubImport;

/** Data that the thread is started with. */
export interface HubWorkerData {
  readonly order: HubOrder;
  readonly language: Language;
}

/** Thread → extension. */
export type FromHubWorker =
  /** Bytes of a file of a look, `end` exclusive. */
  | { readonly read: number; readonly file: number; readonly start: number; readonly end: number }
  /** 0…1. */
  | { readonly progress: number }
  | { readonly ok: true; readonly value: HubLook | HubImport }
  | { readonly ok: false; readonly problem: Problem };

/** Extension → thread: the bytes that it asked for; null when they cannot be read, which ends the look. */
export interface ToHubWorker {
  readonly read: number;
  readonly bytes: ArrayBuffer | null;
}
