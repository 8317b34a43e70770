import { chmod, open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { MAX_FILE_BYTES } from '../core/dataset/check/checker.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { createFixer, fixLine, fixOf, utf16ToUtf8, type LineFix } from '../core/dataset/check/fixes.ts';
import { createJoiner, type JoinedLine } from '../core/dataset/check/joiner.ts';
import type { RawLine } from '../core/jsonl/lines.ts';
import { sniffEncoding } from '../core/jsonl/utf8.ts';
import type { DatasetSource, LineEdit } from '../protocol/datasetWorker.ts';
import { inPlace, PartWriter } from './partFiles.ts';
import { fileProblem, WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

const WRITE_BYTES = 256 * 1024;
/** Bytes that suffice to tell an encoding. */
const HEAD_BYTES = 4096;
const LF = Uint8Array.of(0x0a);
const CRLF = Uint8Array.of(0x0d, 0x0a);

const acceptOnly =
  (codes: readonly string[] | null) =>
  (code: string): boolean =>
    codes === null || codes.includes(code);

/** Fix of each finding, in their order; null where the user has to decide. `text` is the line they were found in. */
export function fixesOfLine(text: string, findings: readonly Finding[]): Promise<readonly (LineFix | null)[]> {
  return Promise.resolve(findings.map((finding) => fixOf(text, finding)));
}

/** New texts of the lines that a fix changes; all others are not in the list. */
export async function fixText(
  source: DatasetSource,
  codes: readonly string[] | null,
  signal: AbortSignal,
): Promise<readonly LineEdit[]> {
  const edits: LineEdit[] = [];
  const accepts = acceptOnly(codes);
  const inside = new TextDecoder('utf-8', { ignoreBOM: true });
  // A byte order mark is no part of an editor's text.
  const first = new TextDecoder();
  const joiner = createJoiner(accepts);
  const fix = ({ line: { number, offset, bytes }, lines }: JoinedLine): void => {
    if (bytes === null) return;
    const line = (offset === 0 ? first : inside).decode(bytes);
    const fixed = fixLine(line, accepts);
    if (fixed === line && lines === 1) return;
    edits.push({ line: number, text: fixed });
    for (let next = 1; next < lines; next += 1) edits.push({ line: number + next, text: null });
  };
  await readLines(source, {
    signal,
    onLine: (line) => {
      for (const joined of joiner.push(line)) fix(joined);
      return true;
    },
  });
  for (const joined of joiner.end()) fix(joined);
  return edits;
}

/**
 * Writes `target`, which may be the file itself, with the fixes of these codes (all when null). Other lines keep their
 * bytes. Returns the number of lines that were changed.
 */
export async function fixFile(
  path: string,
  target: string,
  codes: readonly string[] | null,
  signal: AbortSignal,
): Promise<number> {
  const accepts = acceptOnly(codes);
  const translated = accepts('utf-16') ? await fromUtf16(path) : null;
  const source: DatasetSource = translated === null ? { path } : { name: basename(path), text: translated };
  const fixer = createFixer(accepts);
  const joiner = createJoiner(accepts);
  let changed = translated === null ? 0 : 1;
  // A link stays a link, and the permissions of the file stay the same.
  const place = target === path ? await realpath(path).catch(() => path) : target;
  const { mode } = await stat(path).catch(() => ({ mode: 0o644 }));
  await inPlace([place], async ([temporary = place]) => {
    const writer = await PartWriter.open(temporary);
    try {
      const last: { end: number; ending: Uint8Array | null } = { end: 0, ending: null };
      const put = ({ line, lines }: JoinedLine): void => {
        const fixed = fixer(line);
        if (fixed === null) throw tooLong(line.number);
        if (fixed.changed || lines > 1) changed += 1;
        last.end = line.offset + line.byteLength + (line.crlf === true ? 1 : 0);
        if (fixed.bytes === null) return;
        if (last.ending !== null) writer.addBytes(last.ending);
        writer.addBytes(fixed.bytes);
        last.ending = fixed.crlf ? CRLF : LF;
      };
      const onLine = (line: RawLine): boolean => {
        for (const joined of joiner.push(line)) put(joined);
        return true;
      };
      const { bytes } = await readLines(source, { signal, onLine, afterChunk: () => writer.flush(WRITE_BYTES) });
      for (const joined of joiner.end()) put(joined);
      // The last line ends as it did.
      if (last.ending !== null && bytes > last.end) writer.addBytes(last.ending);
      await writer.finish();
      if (target === path) await chmod(temporary, mode & 0o777);
    } finally {
      await writer.close();
    }
  });
  return changed;
}

async function fromUtf16(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      if (!sniffEncoding(buffer.subarray(0, bytesRead)).startsWith('utf-16')) return null;
      // The whole file is translated in memory; one that no provider takes is not worth it.
      if ((await file.stat()).size > 2 * MAX_FILE_BYTES) return null;
      const bytes = utf16ToUtf8(await file.readFile());
      return bytes === null ? null : new TextDecoder().decode(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileProblem(error, basename(path), 'read');
  }
}

function tooLong(line: number): WorkerProblem {
  return new WorkerProblem({
    code: 'line-too-long',
    message: t('Line {0} is too long to be read.', line),
    action: t('Shorten the example or remove the line.'),
  });
}
