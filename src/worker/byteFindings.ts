// Findings about the bytes of a file that the editor has already read as text.
import { isUtf8 } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { createChecker } from '../core/dataset/check/checker.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { readLines } from './readLines.ts';

/** Findings that only bytes can have: an editor's text has no encoding, and lone CRs are line endings to it. */
const BYTE_CODES: ReadonlySet<string> = new Set([
  'byte-order-mark',
  'utf-16',
  'utf-32',
  'not-utf8',
  'lone-cr',
  'carriage-return',
  'compressed-file',
  'spreadsheet',
  'parquet',
]);
const MAX_BYTE_FINDINGS = 100;
/** Largest file that is read at once; documents that are checked by their text are smaller, but their files may have grown. */
const MAX_AT_ONCE = 16 * 1024 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/** Finds the problems of the file's bytes. A file that can no longer be read adds nothing to the document's findings. */
export async function byteFindings(path: string, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const bytes = await bytesOf(path);
    signal.throwIfAborted();
    // The rows are checked in the document already: a second reading by the rules costs as much again.
    return bytes !== null && isPlain(bytes) ? [] : await byTheRules(path, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}

/** Reads a file; null when it is not a regular file, or a large one. */
async function bytesOf(path: string): Promise<Uint8Array | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stat = await file.stat();
    return stat.isFile() && stat.size <= MAX_AT_ONCE ? await file.readFile() : null;
  } finally {
    await file?.close();
  }
}

/** Tells whether bytes are UTF-8 without a mark and without lone carriage returns: no rule about bytes can find anything in them. */
export function isPlain(bytes: Uint8Array): boolean {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  // Letters of UTF-16 and UTF-32 are bytes with zeros between them, which are UTF-8 too.
  if (marked || bytes.includes(0) || !isUtf8(bytes)) return false;
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) if (bytes[at + 1] !== LF) return false;
  return true;
}

async function byTheRules(path: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const findings: Finding[] = [];
  const note = (found: readonly Finding[]): void => {
    for (const finding of found)
      if (BYTE_CODES.has(finding.code) && findings.length < MAX_BYTE_FINDINGS) findings.push(finding);
  };
  await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        note(checker.line(line).findings);
        return !checker.stopped;
      },
    },
  );
  note(checker.end().findings);
  return findings;
}
