// One measurement in a process of its own: `node datasets.mjs MODE FILE`; prints its figures as JSON.
import { createReadStream, readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createChecker } from '../../src/core/dataset/check/checker.ts';
import { createContradictionFinder } from '../../src/core/dataset/compare/contradictions.ts';
import { createDuplicateFinder } from '../../src/core/dataset/compare/duplicates.ts';
import { rowOfLine } from '../../src/core/dataset/compare/row.ts';
import { createLineCounter, type TokenCounter } from '../../src/core/tokens/count.ts';
import { o200k } from '../../src/local/tokens.ts';
import { createCheck } from '../../src/worker/accumulators.ts';
import { LineIndex } from '../../src/worker/lineIndex.ts';
import { accumulate } from '../../src/worker/parts.ts';
import { readLines } from '../../src/worker/readLines.ts';

export interface DatasetMeasure {
  /** Of the work, without the start of the process. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Highest resident size. */
  readonly rssMb: number;
  /** The same above that before the work. */
  readonly growthMb: number;
  readonly examples: number;
  /** Codes of what was found, in the order of the lines. */
  readonly findings: readonly string[];
}

type Outcome = Pick<DatasetMeasure, 'examples' | 'findings'>;

const { signal } = new AbortController();
const NONE: readonly string[] = [];

async function byReadline(file: string): Promise<Outcome> {
  let examples = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const value = JSON.parse(line) as { messages?: unknown };
    if (Array.isArray(value.messages)) examples += 1;
  }
  return { examples, findings: NONE };
}

/** As the dataset worker does it; `parts`: in one thread, or in as many as it likes. */
async function check(file: string, parts: { readonly parts?: number }): Promise<Outcome> {
  const settings = { forTraining: true, limit: 1000, graderFields: null };
  const { accumulator } = await accumulate(
    { path: file },
    { kind: 'check', options: settings },
    () => createCheck(settings, { count: (text) => o200k().count(text), reset: () => undefined }),
    { signal, hashed: false, ...parts },
  );
  const { examples, findings } = accumulator.result([]);
  return { examples, findings: findings.map(({ code }) => code) };
}

/** Validation, tokens, exact and near duplicates, contradictions. */
async function wholePass(file: string, counter: TokenCounter): Promise<Outcome> {
  const checker = createChecker({ accept: 'any', counter });
  const countLine = createLineCounter(counter);
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const index = await LineIndex.open(file);
  let tokens = 0;
  await readLines(
    { path: file },
    {
      signal,
      hashed: false,
      onLine: (line) => {
        index.add(line);
        const checked = checker.line(line);
        tokens += countLine(checked)?.tokens ?? 0;
        const row = rowOfLine(checked);
        if (row === null) return true;
        duplicates.add(line.number, row);
        contradictions.add(line.number, row);
        return true;
      },
    },
  );
  const { exact, near } = await duplicates.finish((line) => index.text(line), signal);
  await index.close();
  if (tokens === 0 || exact.length === 0 || near.length === 0 || contradictions.finish().length === 0)
    throw new Error('Something of the whole pass was not done');
  return { examples: checker.end().examples, findings: NONE };
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

/** What the system calls the highest resident size of a process includes, on Linux, that of the one that started it. */
function peakBytes(): number {
  try {
    const [, kilobytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== '') return Number(kilobytes) * 1024;
  } catch {
    // Elsewhere.
  }
  return process.resourceUsage().maxRSS * 1024;
}

const [mode = '', file = ''] = process.argv.slice(2);
const modes: Readonly<Record<string, () => Promise<Outcome>>> = {
  readline: () => byReadline(file),
  check: () => check(file, { parts: 1 }),
  threads: () => check(file, {}),
  whole: () => wholePass(file, o200k()),
  'whole-peer': async () => wholePass(file, await peerCounter()),
};
const before = process.memoryUsage().rss;
const cpu = process.cpuUsage();
const start = performance.now();
const run = modes[mode];
if (run === undefined) throw new Error(`There is no mode ${mode}.`);
const outcome = await run();
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
const peak = peakBytes();
const measure: DatasetMeasure = {
  cpuMs: (user + system) / 1000,
  wallMs,
  rssMb: peak / 1e6,
  growthMb: (peak - before) / 1e6,
  ...outcome,
};
process.stdout.write(JSON.stringify(measure));
