// Converts the files of a dataset of the hub, and writes the examples and their origin: both files or none.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { originFileOf, type DatasetOrigin } from '../core/dataset/hub/origin.ts';
import { IMPORT_OPTIONS } from '../core/dataset/hub/preview.ts';
import { createJsonConverter, createRowConverter } from '../core/dataset/transform/convert.ts';
import type { ConversionCounts } from '../core/dataset/transform/tally.ts';
import type { HubImport, ImportOrder } from '../protocol/hubWorker.ts';
import { localFile, parquetRows, rowsOf } from './parquetRows.ts';
import { inPlace, PartWriter } from './partFiles.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

const WRITE_BYTES = 256 * 1024;

/** Takes lines of JSONL, with the share of the source that was read, 0…1. */
type Put = (lines: Iterable<string>, share: number) => Promise<void>;

export async function importFiles(order: ImportOrder, onProgress: (share: number) => void): Promise<HubImport> {
  const { target, mark } = order;
  return await inPlace(
    [target, originFileOf(target)],
    async ([data = target, origin = originFileOf(target)]) => {
      const writer = await PartWriter.open(data);
      const hash = createHash('sha256');
      const encoder = new TextEncoder();
      let bytes = 0;
      let counts: ConversionCounts;
      try {
        counts = await convert(order, async (lines, share) => {
          for (const line of lines) {
            const encoded = encoder.encode(`${line}\n`);
            hash.update(encoded);
            bytes += encoded.length;
            writer.addBytes(encoded);
            await writer.flush(WRITE_BYTES);
          }
          onProgress(share);
        });
        if (counts.converted === 0) throw nothingConverted(order, counts);
        await writer.finish();
      } finally {
        await writer.close();
      }
      const { converted, skippedCount, skipped, reasons, leftOut, kind } = counts;
      await writeWhole(origin, {
        format: 1,
        ...order.source,
        rows: { read: converted + skippedCount, converted, leftOut: skippedCount },
        leftOut: leftOut.map(({ key }) => key),
        file: { bytes, sha256: hash.digest('hex') },
      });
      return {
        converted,
        skipped: skippedCount,
        first: skipped[0] ?? null,
        read: converted + skippedCount,
        bytes,
        ...(reasons.length === 0 ? {} : { reasons }),
        ...(leftOut.length === 0 ? {} : { leftOut }),
        ...(kind === null || kind === 'chat' ? {} : { kind }),
      };
    },
    mark,
  );
}

async function convert(order: ImportOrder, put: Put): Promise<ConversionCounts> {
  return order.format === 'parquet' ? await convertParquet(order, put) : await convertJson(order, put);
}

async function convertParquet({ files, mapping, limit }: ImportOrder, put: Put): Promise<ConversionCounts> {
  const converter = createRowConverter(IMPORT_OPTIONS, mapping);
  const most = limit ?? Infinity;
  let read = 0;
  for (const [index, path] of files.entries()) {
    if (read >= most) break;
    const { file, handle } = await localFile(path);
    try {
      const rows = Math.min(rowsOf(file), most - read);
      const before = read;
      for await (const piece of parquetRows(file, most - read)) {
        const from = read;
        read += piece.length;
        await put(
          (function* () {
            for (const [offset, row] of piece.entries()) yield* converter.row(row, from + offset + 1);
          })(),
          (index + (read - before) / Math.max(1, rows)) / files.length,
        );
      }
    } finally {
      await handle.close();
    }
  }
  return converter;
}

/** All rows: files of JSON do not tell how many they have, and are never cut. */
async function convertJson({ files, mapping }: ImportOrder, put: Put): Promise<ConversionCounts> {
  const converter = createJsonConverter(IMPORT_OPTIONS, mapping);
  for (const [index, path] of files.entries()) {
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw fileProblem(error, basename(path), 'read');
    });
    try {
      const { size } = await handle.stat();
      const decoder = new TextDecoder();
      let at = 0;
      let last = '';
      for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
        at += chunk.length;
        const text = decoder.decode(chunk, { stream: true });
        last = text.at(-1) ?? last;
        await put(converter.push(text), (index + at / Math.max(1, size)) / files.length);
      }
      const rest = decoder.decode();
      // Files need not end in a line break, and the next one begins a row of its own. A second break would count as a row.
      await put(converter.push(rest === '' && last === '\n' ? '' : `${rest}\n`), (index + 1) / files.length);
    } finally {
      await handle.close();
    }
  }
  await put(converter.end(), 1);
  return converter;
}

function nothingConverted({ source, mapping }: ImportOrder, { skipped }: ConversionCounts): WorkerProblem {
  const [first] = skipped;
  return new WorkerProblem({
    code: 'nothing-to-convert',
    message:
      first === undefined
        ? t('The split {0} has no rows.', source.split)
        : t(
            'No row of the split {0} could be converted (row {1}: {2}).',
            source.split,
            first.line,
            first.reason.replace(/\.$/, ''),
          ),
    action:
      mapping === null
        ? t('Choose the columns of the questions and of the answers.')
        : t('Choose other columns, or another split.'),
  });
}

async function writeWhole(path: string, origin: DatasetOrigin): Promise<void> {
  const writer = await PartWriter.open(path);
  try {
    writer.addBytes(new TextEncoder().encode(`${JSON.stringify(origin, null, 2)}\n`));
    await writer.finish();
  } finally {
    await writer.close();
  }
}
