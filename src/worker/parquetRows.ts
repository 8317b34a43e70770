// Rows of a Parquet file, a group of rows at a time.
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { t } from '../core/base/messages.ts';
import { classNames, plainRow, type ClassNames } from '../core/dataset/hub/plainRow.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

/** Bytes of a group of rows without compression above which it is not read: all of it has to be in memory. */
const MAX_GROUP_BYTES = 1e9;
/** Bytes at the end of a file, enough for nearly all descriptions; the rest of a longer one is read after it. */
const END_BYTES = 128 * 1024;
/** Rows that are made into objects at once; the columns of their group are decoded once. */
const SLICE_ROWS = 20_000;

export interface ParquetFile {
  readonly name: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly classes: ClassNames;
}

/** Reads the end of a file, which describes it. `name`: for messages. */
export async function parquetFile(buffer: AsyncBuffer, name: string): Promise<ParquetFile> {
  return await readable(name, async () => {
    const metadata = await parquetMetadataAsync(buffer, { initialFetchSize: END_BYTES, geoparquet: false });
    const description = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value ?? '';
    return { name, buffer, metadata, classes: classNames(description) };
  });
}

export function rowsOf({ metadata }: ParquetFile): number {
  return Number(metadata.num_rows);
}

/** Bytes of all rows without compression. */
export function unpackedBytes({ metadata }: ParquetFile): number {
  return metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
}

/** Columns that hold texts, numbers or truth values, by their types. */
export function scalarColumns({ metadata }: ParquetFile): readonly string[] {
  return parquetSchema(metadata)
    .children.filter(isScalar)
    .map(({ element }) => element.name);
}

function isScalar({ children, element }: SchemaTree): boolean {
  if (children.length > 0 || element.repetition_type === 'REPEATED') return false;
  const isText = element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING';
  return isText || !/BYTE_ARRAY$/.test(element.type ?? '');
}

/**
 * The first rows, `most` at most, of groups that come to no more than `mostBytes` in the file: a group is read whole. None where
 * the first one is larger.
 */
export async function firstRows(file: ParquetFile, most: number, mostBytes: number): Promise<readonly unknown[]> {
  let [rows, bytes] = [0, 0];
  for (const group of file.metadata.row_groups) {
    bytes += group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0);
    if (bytes > mostBytes || rows >= most) break;
    rows += Number(group.num_rows);
  }
  const first: unknown[] = [];
  if (rows > 0) for await (const piece of parquetRows(file, Math.min(rows, most))) first.push(...piece);
  return first;
}

/** The first `most` rows as JSON has them, in pieces. */
export async function* parquetRows(
  file: ParquetFile,
  most = Infinity,
): AsyncGenerator<readonly Record<string, unknown>[], void, undefined> {
  const { buffer, metadata, classes, name } = file;
  let at = 0;
  for (const group of metadata.row_groups) {
    if (at >= most) return;
    if (Number(group.total_byte_size) > MAX_GROUP_BYTES)
      throw new WorkerProblem({
        code: 'too-large',
        message: t('{0} has its rows in groups that are too large to be read.', name),
        action: t('Choose another dataset, or convert its files with Python.'),
      });
    const [rowStart, groupEnd] = [at, at + Number(group.num_rows)];
    const rowEnd = Math.min(groupEnd, most);
    const rows = await readable(name, () =>
      // Bytes without a text type stay bytes.
      parquetReadObjects({ file: buffer, metadata, compressors, utf8: false, rowStart, rowEnd, geoparquet: false }),
    );
    if (rows.length !== rowEnd - rowStart) throw damaged(name);
    for (let from = 0; from < rows.length; from += SLICE_ROWS)
      yield rows.slice(from, from + SLICE_ROWS).map((row) => plainRow(row, classes));
    at = groupEnd;
  }
}

async function readable<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WorkerProblem) throw error;
    throw damaged(name, error);
  }
}

function damaged(name: string, cause?: unknown): WorkerProblem {
  return new WorkerProblem(
    {
      code: 'damaged-parquet',
      message: t('{0} cannot be read as a Parquet file: it is damaged, or of a kind that is not known.', name),
      action: t('Import the dataset again, or choose another one.'),
    },
    { cause },
  );
}

/** A file on this machine; the caller closes its handle. */
export async function localFile(path: string): Promise<{ readonly file: ParquetFile; readonly handle: FileHandle }> {
  const name = basename(path);
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw fileProblem(error, name, 'read');
  }
  try {
    const { size } = await handle.stat();
    return { file: await parquetFile(bufferOf(handle, size), name), handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
      for (let at = 0; at < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new Error('The file ended early');
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
