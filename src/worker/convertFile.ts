import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import {
  createJsonConverter,
  createTableConverter,
  tableFacts,
  type TableFacts,
} from '../core/dataset/transform/convert.ts';
import type { DatasetWorkerApi } from '../protocol/datasetWorker.ts';
import { inPlace, PartWriter, refuseSameFile } from './partFiles.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

const WRITE_BYTES = 256 * 1024;
/** Bytes that suffice for a header and a few rows. */
const HEAD_BYTES = 64 * 1024;

/** The columns of a table with a header; null when the file is none. */
export async function tableOf(path: string): Promise<TableFacts | null> {
  const file = await openToRead(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return tableFacts(new TextDecoder().decode(buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

/** Writes JSONL from a table, a JSON list, or rows of another form. */
export async function convertFile(
  path: string,
  target: string,
  table: Parameters<DatasetWorkerApi['convert']>[2],
  signal: AbortSignal,
): ReturnType<DatasetWorkerApi['convert']> {
  refuseSameFile([path, target]);
  const converter = table === null ? createJsonConverter() : createTableConverter(table.delimiter, table.mapping);
  const file = await openToRead(path);
  try {
    return await inPlace([target], async ([temporary = target]) => {
      const writer = await PartWriter.open(temporary);
      const encoder = new TextEncoder();
      try {
        const put = async (lines: Iterable<string>): Promise<void> => {
          for (const line of lines) writer.add(encoder.encode(line));
          await writer.flush(WRITE_BYTES);
        };
        // The decoder takes the byte order mark off, and wrong bytes for what they are to an editor.
        const decoder = new TextDecoder();
        for await (const chunk of file.createReadStream({ autoClose: false, signal }) as AsyncIterable<Uint8Array>) {
          await put(converter.push(decoder.decode(chunk, { stream: true })));
        }
        await put(converter.push(decoder.decode()));
        await put(converter.end());
        if (converter.converted === 0) {
          const [first] = converter.skipped;
          const name = basename(path);
          throw new WorkerProblem({
            code: 'nothing-to-convert',
            message:
              first === undefined
                ? t('Nothing in {0} could be converted: the file is empty.', name)
                : t(
                    'Nothing in {0} could be converted (line {1}: {2}).',
                    name,
                    first.line,
                    first.reason.replace(/\.$/, ''),
                  ),
            action: t('Choose other columns, or another file.'),
          });
        }
        await writer.finish();
      } finally {
        await writer.close();
      }
      const { converted, skippedCount, skipped, reasons, leftOut, kind } = converter;
      return {
        converted,
        skipped: skippedCount,
        first: skipped[0] ?? null,
        ...(reasons.length === 0 ? {} : { reasons }),
        ...(leftOut.length === 0 ? {} : { leftOut }),
        ...(kind === null || kind === 'chat' ? {} : { kind }),
      };
    });
  } finally {
    await file.close();
  }
}

async function openToRead(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw fileProblem(error, basename(path), 'read');
  }
}
