// One measurement in a process of its own: `node datasets.ts MODE FILE`; prints its figures as JSON.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { createChecker } from '../../src/core/dataset/check.ts';
import { createContradictionFinder } from '../../src/core/dataset/contradictions.ts';
import { createDuplicateFinder } from '../../src/core/dataset/duplicates.ts';
import { rowOfLine } from '../../src/core/dataset/row.ts';
import { createLineCounter, type TokenCounter } from '../../src/core/tokens/count.ts';
import { o200k } from '../../src/local/tokens.ts';
import { checkPart, eachLine } from './checkLines.ts';

/** Bundled beside this file. */
const thread = new URL('./checkLines.mjs', import.meta.url);

export interface DatasetMeasure {
  /** Of the work, without the start of the process. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Highest resident size above that before the work. */
  readonly growthMb: number;
  readonly examples: number;
}

async function byReadline(file: string): Promise<number> {
  let examples = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const value = JSON.parse(line) as { messages?: unknown };
    if (Array.isArray(value.messages)) examples += 1;
  }
  return examples;
}

async function byThreads(file: string, count: number): Promise<number> {
  const { size } = statSync(file);
  const parts = Array.from({ length: count }, (_, n) => ({
    file,
    start: Math.floor((size / count) * n),
    end: Math.floor((size / count) * (n + 1)),
  }));
  const examples = await Promise.all(
    parts.map(
      (part) =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(thread, { workerData: part });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  return examples.reduce((sum, number) => sum + number, 0);
}

/** Validation, tokens, exact and near duplicates, contradictions. */
async function wholePass(file: string, counter: TokenCounter): Promise<number> {
  const checker = createChecker({ accept: 'any' });
  const countLine = createLineCounter(counter);
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const offsets: number[] = [];
  const lengths: number[] = [];
  let tokens = 0;
  eachLine({ file, start: 0, end: Infinity }, (line) => {
    offsets.push(line.offset);
    lengths.push(line.byteLength);
    const checked = checker.line(line);
    tokens += countLine(checked)?.tokens ?? 0;
    const row = rowOfLine(checked);
    if (row === null) return;
    duplicates.add(line.number, row);
    contradictions.add(line.number, row);
  });
  const handle = openSync(file, 'r');
  await duplicates.finish((line) => {
    const bytes = new Uint8Array(lengths[line - 1] ?? 0);
    readSync(handle, bytes, 0, bytes.length, offsets[line - 1] ?? 0);
    return new TextDecoder().decode(bytes);
  });
  closeSync(handle);
  contradictions.finish();
  if (tokens === 0) throw new Error('Nothing was counted');
  return checker.end().examples;
}

/** The same pass with another counter: it takes texts, so they are made for it from the same bytes. */
async function peerCounter(): Promise<TokenCounter> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  const options = { disallowedSpecial: new Set<string>() };
  const decoder = new TextDecoder();
  return {
    count: (text) => ({ tokens: countTokens(text, options), estimated: false }),
    countBytes: (bytes, start, end) => countTokens(decoder.decode(bytes.subarray(start, end)), options),
    reset: () => undefined,
  };
}

const [mode = '', file = ''] = process.argv.slice(2);
const peer = mode === 'whole-peer' ? await peerCounter() : null;
const before = process.memoryUsage().rss;
const cpu = process.cpuUsage();
const start = performance.now();
const examples =
  mode === 'readline'
    ? await byReadline(file)
    : mode === 'check'
      ? checkPart({ file, start: 0, end: Infinity })
      : mode === 'threads'
        ? await byThreads(file, 2)
        : await wholePass(file, peer ?? o200k());
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
const growthMb = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
const measure: DatasetMeasure = { cpuMs: (user + system) / 1000, wallMs, growthMb, examples };
process.stdout.write(JSON.stringify(measure));
