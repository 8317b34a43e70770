// Checks a part of a file; as a thread it does so at once and says how many examples there are.
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createChecker } from '../../src/core/dataset/check.ts';
import { createLineSplitter, type RawLine } from '../../src/core/jsonl/lines.ts';

export interface Part {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Lines that begin in [start, end). */
export function eachLine({ file, start, end }: Part, use: (line: RawLine) => void): void {
  const handle = openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const splitter = createLineSplitter();
  let position = start;
  // A line that began before `start` belongs to the part before.
  let skipping = start > 0;
  if (skipping) position -= 1;
  for (;;) {
    const length = readSync(handle, buffer, 0, buffer.length, position);
    if (length === 0) break;
    let chunk = buffer.subarray(0, length);
    if (skipping) {
      const at = chunk.indexOf(0x0a);
      if (at === -1) {
        position += length;
        continue;
      }
      skipping = false;
      chunk = chunk.subarray(at + 1);
    }
    const over = position + length >= end;
    if (over) {
      const last = chunk.indexOf(0x0a, Math.max(0, chunk.length - (position + length - end) - 1));
      if (last !== -1) {
        for (const line of splitter.push(chunk.subarray(0, last + 1))) use(line);
        break;
      }
    }
    for (const line of splitter.push(chunk)) use(line);
    position += length;
  }
  for (const line of splitter.end()) use(line);
  closeSync(handle);
}

export function checkPart(part: Part): number {
  const checker = createChecker({ accept: 'any' });
  let found = 0;
  eachLine(part, (line) => {
    found += checker.line(line).findings.length;
  });
  const end = checker.end();
  found += end.findings.length;
  if (found > 0) throw new Error(`The file was meant to be good: ${JSON.stringify(end.findings[0])}`);
  return end.examples;
}

if (!isMainThread) parentPort?.postMessage(checkPart(workerData as Part));
