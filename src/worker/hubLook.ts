// Looks at the files of a dataset that are not on this machine: their numbers of rows, their columns, and their first rows.
import type { AsyncBuffer } from 'hyparquet';
import { t } from '../core/base/messages.ts';
import { columnChoice, columnsOfRows, previewRows } from '../core/dataset/hub/preview.ts';
import { createJsonValueReader } from '../core/dataset/transform/jsonValues.ts';
import type { HubLook, LookOrder } from '../protocol/hubWorker.ts';
import { firstRows, parquetFile, rowsOf, scalarColumns, unpackedBytes } from './parquetRows.ts';
import { WorkerProblem } from './problem.ts';

/** Reads bytes of a file, `end` exclusive. */
export type ReadBytes = (file: number, start: number, end: number) => Promise<ArrayBuffer>;

const PREVIEW_ROWS = 100;
/** Bytes of the first groups of rows that are looked at before the download. */
const PREVIEW_BYTES = 32e6;
/** Bytes at the beginning of a JSON file that are looked at. */
const JSON_BYTES = 512 * 1024;
/** Files whose ends are read at the same time. */
const AT_ONCE = 8;

export async function lookAt({ format, sizes }: LookOrder, read: ReadBytes): Promise<HubLook> {
  return format === 'json' ? await lookAtJson(sizes, read) : await lookAtParquet(sizes, read);
}

async function lookAtParquet(sizes: readonly number[], read: ReadBytes): Promise<HubLook> {
  const look = (index: number) => parquetFile(remoteBuffer(index, sizes[index] ?? 0, read), nameOf(index));
  const files = [];
  for (let from = 0; from < sizes.length; from += AT_ONCE) {
    const indexes = sizes.slice(from, from + AT_ONCE).map((_, offset) => from + offset);
    files.push(...(await Promise.all(indexes.map(look))));
  }
  const [first] = files;
  if (first === undefined || files.every((file) => rowsOf(file) === 0)) throw nothingThere();
  const rows = await firstRows(first, PREVIEW_ROWS, PREVIEW_BYTES);
  return {
    rows: files.map(rowsOf),
    unpacked: files.reduce((sum, file) => sum + unpackedBytes(file), 0),
    choice: columnChoice(scalarColumns(first)),
    preview: rows.length > 0 ? previewRows(rows) : null,
  };
}

async function lookAtJson(sizes: readonly number[], read: ReadBytes): Promise<HubLook> {
  const [size] = sizes;
  if (size === undefined) throw nothingThere();
  const length = Math.min(size, JSON_BYTES);
  const text = new TextDecoder().decode(await read(0, 0, length));
  const reader = createJsonValueReader();
  const pieces = [...reader.push(text), ...(length === size ? reader.end() : [])];
  const rows = pieces.slice(0, PREVIEW_ROWS).flatMap((piece) => {
    try {
      return [JSON.parse(piece.text) as unknown];
    } catch {
      return [];
    }
  });
  return {
    rows: null,
    unpacked: null,
    choice: columnsOfRows(rows),
    preview: rows.length > 0 ? previewRows(rows) : null,
  };
}

function remoteBuffer(index: number, byteLength: number, read: ReadBytes): AsyncBuffer {
  // The end is asked for twice: once to learn how long the description is.
  let tail: { readonly start: number; readonly bytes: ArrayBuffer } | null = null;
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const from = Math.max(start, 0);
      if (tail !== null && from >= tail.start) return tail.bytes.slice(from - tail.start, end - tail.start);
      const bytes = await read(index, from, end);
      if (end === byteLength) tail = { start: from, bytes };
      return bytes;
    },
  };
}

function nameOf(index: number): string {
  return t('File {0}', index + 1);
}

function nothingThere(): WorkerProblem {
  return new WorkerProblem({
    code: 'no-rows',
    message: t('The dataset has no rows.'),
    action: t('Choose another configuration, split or dataset.'),
  });
}
