// An import from the hub before it starts: what the hub has, and what the user chose.
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { kindText } from '../../../core/dataset/kindText.ts';
import type { ColumnMapping } from '../../../core/dataset/transform/convert.ts';
import type { DatasetPart, HubDataset, SizedFile } from '../../../hub/hubDataset.ts';
import type { HubLook } from '../../../protocol/hubWorker.ts';
import { plainText } from '../../ui/plainText.ts';

/** A part of the dataset with what is known before its download. */
export interface MeasuredPart extends DatasetPart {
  readonly sized: readonly SizedFile[];
  /** A look at the first files, `LOOKED_FILES` at most. */
  readonly look: HubLook;
}

export interface ImportPlan {
  readonly dataset: HubDataset;
  readonly part: MeasuredPart;
  /** Null: by the form of the rows. */
  readonly mapping: ColumnMapping | null;
  /** Rows to read; null: all. */
  readonly limit: number | null;
  /** Path of the new file; null: to be asked for. */
  readonly target: string | null;
}

/** Files whose ends are read before the download. */
export const LOOKED_FILES = 16;
/** Bytes of a download. */
export const MAX_DOWNLOAD = 10e9;
/** Columns and keys that are named one by one. */
const MAX_NAMED = 4;

/** Rows of the part; `exact` is false where only some of its files were looked at. Null: the format does not tell. */
export function rowsOfPart({ sized, look }: MeasuredPart): { readonly rows: number; readonly exact: boolean } | null {
  if (look.rows === null) return null;
  const rows = sum(look.rows);
  if (look.rows.length === sized.length) return { rows, exact: true };
  return { rows: Math.round((rows * bytesOf(sized)) / Math.max(1, lookedBytes({ sized, look }))), exact: false };
}

/** Files that the import needs: with a limit, those with the first rows. */
export function neededFiles({
  part: { sized, look },
  limit,
}: Pick<ImportPlan, 'part' | 'limit'>): readonly SizedFile[] {
  if (limit === null || look.rows === null) return sized;
  let rows = 0;
  const last = look.rows.findIndex((some) => (rows += some) >= limit);
  return last < 0 ? sized : sized.slice(0, last + 1);
}

export function downloadBytes(plan: Pick<ImportPlan, 'part' | 'limit'>): number {
  return bytesOf(neededFiles(plan));
}

/** Bytes that the new file will have, roughly. */
export function writtenBytes(plan: Pick<ImportPlan, 'part' | 'limit'>): number {
  const { part, limit } = plan;
  const whole = part.look.unpacked === null ? 1 : part.look.unpacked / Math.max(1, lookedBytes(part));
  const all = rowsOfPart(part);
  const share = limit === null || all === null || all.rows === 0 ? 1 : Math.min(1, limit / all.rows);
  // Names of roles and keys come to each message.
  return Math.round(bytesOf(part.sized) * whole * share * 1.2);
}

function lookedBytes({ sized, look }: Pick<MeasuredPart, 'sized' | 'look'>): number {
  return bytesOf(sized.slice(0, look.rows?.length ?? sized.length));
}

function bytesOf(files: readonly SizedFile[]): number {
  return sum(files.map(({ bytes }) => bytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Tells whether rows of this form become examples without a choice of columns; also where that is not known yet. */
export function convertsByItself({ look: { preview } }: MeasuredPart): boolean {
  return preview === null || preview.converted > 0;
}

export function partInWords({ config, split }: DatasetPart): string {
  return plainText(config === null ? split : `${config} · ${split}`);
}

export function rowsInWords(plan: ImportPlan): string {
  const all = rowsOfPart(plan.part);
  if (all === null) return t('counted while they are read');
  const text = all.exact ? tn(all.rows, '{0} row', '{0} rows') : tn(all.rows, 'about {0} row', 'about {0} rows');
  return plan.limit === null ? t('all: {0}', text) : t('the first {0} of {1}', plan.limit, text);
}

/** What becomes of the columns, and what was seen on the first rows. */
export function columnsInWords({ mapping, part: { look } }: ImportPlan): string {
  if (mapping !== null) return mappingInWords(mapping);
  const { preview } = look;
  if (preview === null) return t('by the form of the rows, which is seen after the download');
  const form =
    preview.pair === null
      ? kindText(preview.form)
      : mappingInWords({ user: preview.pair.question, assistant: preview.pair.answer, system: null });
  const seen = t('{0} of the first {1} rows become examples', preview.converted, preview.rows);
  const left = preview.leftOut.length === 0 ? [] : [t('without {0}', namesInWords(preview.leftOut))];
  return [form, seen, ...left].join(' · ');
}

export function mappingInWords({ user, assistant, system }: ColumnMapping): string {
  return system === null
    ? t('{0} → user, {1} → assistant', plainText(user), plainText(assistant))
    : t('{0} → user, {1} → assistant, {2} → system', plainText(user), plainText(assistant), plainText(system));
}

function namesInWords(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).map((name) => plainText(name));
  const rest = names.length - named.length;
  return listOf(rest > 0 ? [...named, tn(rest, '{0} more', '{0} more')] : named);
}
