// Record of where an imported dataset comes from, in a file beside it: `prices.jsonl` has `prices.origin.json`.
import { isRecord } from '../check/rules/rule.ts';
import type { ColumnMapping } from '../transform/convert.ts';
import type { ExampleKind } from '../kind.ts';

/** Columns that became messages: chosen ones, or those of a known form. */
export type OriginMapping = { readonly columns: ColumnMapping } | { readonly form: ExampleKind | null };

/** Facts that are known before the rows are read. */
export interface HubSource {
  /** Address of the hub. */
  readonly hub: string;
  readonly dataset: string;
  /** Commit of the dataset's repository. */
  readonly revision: string;
  /** Commit of the branch with the hub's Parquet files; null where the files are the repository's own. */
  readonly parquetRevision: string | null;
  /** Null where the files of the repository were taken. */
  readonly config: string | null;
  readonly split: string;
  readonly license: string | null;
  readonly gated: boolean;
  /** ISO 8601. */
  readonly importedAt: string;
  /** At most so many rows were read; null: all. */
  readonly limit: number | null;
  readonly mapping: OriginMapping;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string | null }[];
}

export interface DatasetOrigin extends HubSource {
  readonly format: 1;
  readonly rows: { readonly read: number; readonly converted: number; readonly leftOut: number };
  /** Columns and keys without a place in the examples. */
  readonly leftOut: readonly string[];
  /** The imported file as it was written. */
  readonly file: { readonly bytes: number; readonly sha256: string };
}

/** File with the origin of a dataset. */
export function originFileOf(dataset: string): string {
  return `${dataset.replace(/\.[^./\\]*$/, '')}.origin.json`;
}

/** The parts of an origin that sentences name. */
export interface OriginFacts {
  readonly dataset: string;
  readonly revision: string;
  readonly config: string | null;
  readonly split: string;
  readonly license: string | null;
  /** Unix seconds; null when it is no date. */
  readonly importedAt: number | null;
  readonly file: DatasetOrigin['file'];
}

/** Reads the file of an origin, which anybody may have edited; null when it is none. */
export function parseOrigin(text: string): OriginFacts | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value['format'] !== 1 || !isRecord(value['file'])) return null;
  const { dataset, revision, split, config, license, importedAt } = value;
  const { bytes, sha256 } = value['file'];
  if (typeof dataset !== 'string' || typeof revision !== 'string' || typeof split !== 'string') return null;
  if (typeof bytes !== 'number' || typeof sha256 !== 'string') return null;
  const time = typeof importedAt === 'string' ? Date.parse(importedAt) / 1000 : Number.NaN;
  return {
    dataset,
    revision,
    split,
    config: typeof config === 'string' ? config : null,
    license: typeof license === 'string' ? license : null,
    importedAt: Number.isFinite(time) ? time : null,
    file: { bytes, sha256 },
  };
}
