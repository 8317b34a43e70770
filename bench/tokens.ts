import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { get_encoding } from 'tiktoken';
import { tokenTableFile } from '../scripts/lib/tokenTable.ts';
import { countTokens, o200k } from '../src/local/tokens.ts';
import { packageFiles } from './corpus.ts';
import type { TokenMeasure } from './peers/tokens.ts';
import type { Row } from './table.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const ROUNDS = 3;

/** What a run is made of: text of people, machines and programs, by what JavaScript's and Rust's classes disagree on too. */
const UNITS: readonly (readonly [name: string, unit: string])[] = [
  ['a', 'a'],
  ['A', 'A'],
  ['line feeds', '\n'],
  ['CR LF', '\r\n'],
  ['blanks', ' '],
  ['digits', '1'],
  ['=', '='],
  ['emoji', '😀'],
  ['families', '👩‍👩‍👧‍👦'],
  ['Hangul', '가'],
  ['Chinese', '价格'],
  ['zero-width joiners', '\u200d'],
  ['combining marks', '\u0301'],
  ['Chinese and capitals', '中A'],
  ['U+FEFF', '\ufeff'],
  ['U+0085', '\u0085'],
];

/** o200k: throughput and load against gpt-tokenizer in processes of their own, long runs, and tiktoken's verdict. */
export function tokenBench(dataFolder = process.env['TUNING_FORK_DATA_DIR']): Promise<Row[]> {
  const texts = corpus(dataFolder);
  return Promise.resolve([...againstPeer(texts, languages()), ...longRuns(), sameAsOracle(texts)]);
}

function againstPeer(texts: readonly string[], messages: readonly string[]): Row[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const bundle = path.join(folder, 'tokens.mjs');
    esbuild.buildSync({
      entryPoints: [inProject('src/local/tokens.ts')],
      outfile: bundle,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
    });
    copyFileSync(inProject(tokenTableFile), path.join(folder, path.basename(tokenTableFile)));
    const main = pairs(folder, bundle, texts);
    const foreign = pairs(folder, bundle, messages);
    const load = middle(main.map(({ ours }) => ours.loadMs));
    const again = compare(foreign, (one) => one.warm);
    return [
      throughput('counting tokens: data, code and prose, first time', texts, main, (one) => one.cold),
      throughput('counting tokens: the same again', texts, main, (one) => one.warm),
      throughput('counting tokens: 13 languages, first time', messages, foreign, (one) => one.cold, again),
      {
        name: 'loading the encoding',
        figure: `${load.toFixed(0)} CPU ms`,
        goal: '≤ 100',
        met: load <= 100,
        note: `gpt-tokenizer ${middle(main.map(({ peer }) => peer.loadMs)).toFixed(0)} ms; modules included`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Pair {
  readonly ours: TokenMeasure;
  readonly peer: TokenMeasure;
}

/** One after the other and again: what the machine does besides meets both. */
function pairs(folder: string, bundle: string, texts: readonly string[]): Pair[] {
  const file = path.join(folder, 'texts.json');
  writeFileSync(file, JSON.stringify(texts));
  const run = (name: string): TokenMeasure =>
    JSON.parse(
      execFileSync(process.execPath, [inProject('bench/peers/tokens.ts'), name, file, bundle], { encoding: 'utf8' }),
    ) as TokenMeasure;
  return Array.from({ length: ROUNDS }, () => ({ ours: run('ours'), peer: run('gpt-tokenizer') }));
}

function compare(rounds: readonly Pair[], pick: (one: TokenMeasure) => number): number {
  return middle(rounds.map(({ ours, peer }) => pick(ours) / pick(peer)));
}

function throughput(
  name: string,
  texts: readonly string[],
  rounds: readonly Pair[],
  pick: (one: TokenMeasure) => number,
  again?: number,
): Row {
  const ratio = compare(rounds, pick);
  const mine = middle(rounds.map(({ ours }) => pick(ours)));
  const theirs = middle(rounds.map(({ peer }) => pick(peer)));
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  return {
    name,
    figure: `${ratio.toFixed(1)} × gpt-tokenizer`,
    goal: '≥ 3.5',
    met: ratio >= 3.5,
    note:
      `${mine.toFixed(1)} against ${theirs.toFixed(1)} MB per CPU s, ${megabytes.toFixed(1)} MB` +
      (again === undefined ? '' : `; again: ${again.toFixed(1)} ×`),
  };
}

function longRuns(): Row[] {
  // What is measured is the algorithm, not the compiler's first look at it.
  for (const [, unit] of UNITS) for (let i = 0; i < 3; i += 1) countTokens(unit.repeat(20_000));
  const runs = UNITS.map(([name, unit]) => ({ name, ...grown(unit, [50_000, 100_000, 200_000, 400_000]) }));
  o200k().reset();
  const slowest = runs.reduce((most, run) => (run.ms > most.ms ? run : most));
  const steepest = runs.reduce((most, run) => (run.growth > most.growth ? run : most));
  return [
    {
      name: `100 kB of one character, ${runs.length} kinds`,
      figure: `${slowest.ms.toFixed(0)} ms`,
      goal: '≤ 300',
      met: slowest.ms <= 300,
      note: `the slowest: ${slowest.name}`,
    },
    {
      name: 'twice as much of it, up to 400 kB',
      figure: `${steepest.growth.toFixed(1)} × the time`,
      goal: '≤ 2.5',
      met: steepest.growth <= 2.5,
      note: `the steepest: ${steepest.name}`,
    },
  ];
}

/**
 * CPU milliseconds for the second size, and the steepest step from one size to the next: the median of rounds in which
 * all sizes have their turn, the small ones as often as take as long as the largest, so that disturbances meet all.
 */
function grown(unit: string, sizes: readonly number[]): { ms: number; growth: number } {
  const texts = sizes.map((bytes) => unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit))));
  const largest = Math.max(...sizes);
  const rounds = Array.from({ length: 9 }, () =>
    texts.map((text, index) => {
      const times = Math.round(largest / (sizes[index] ?? largest));
      const before = process.cpuUsage();
      for (let i = 0; i < times; i += 1) countTokens(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / times;
    }),
  );
  const steps = sizes.slice(1).map((_, i) => middle(rounds.map((times) => (times[i + 1] ?? 0) / (times[i] ?? 1))));
  return { ms: middle(rounds.map((times) => times[1] ?? 0)), growth: Math.max(...steps) };
}

function sameAsOracle(texts: readonly string[]): Row {
  const oracle = get_encoding('o200k_base');
  let different = 0;
  for (const text of texts) {
    const expected = oracle.encode_ordinary(text);
    if (expected.join() !== o200k().encode(text).join() || expected.length !== countTokens(text)) different += 1;
  }
  oracle.free();
  return {
    name: 'texts tokenized otherwise than by tiktoken',
    figure: String(different),
    goal: '0',
    met: different === 0,
    note: `of ${texts.length}; random texts and every code point: test/unit/core/tokens`,
  };
}

/**
 * Real data where there is some; always the samples, this project's documentation and code, and what the installed
 * packages say about themselves.
 */
function corpus(dataFolder: string | undefined): string[] {
  const own = ['samples', 'docs', 'src', 'webview'].flatMap((folder) => filesUnder(inProject(folder)));
  const packages = inProject('node_modules');
  const readmes = packageFiles(packages)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(packages, name));
  const data = dataFolder === undefined ? [] : filesUnder(dataFolder);
  return [...data, ...own, ...readmes].flatMap((file) => {
    const content = readFileSync(file, 'utf8');
    // As they come: a dataset's strings, a table's rows, a program as a whole.
    if (file.endsWith('.jsonl')) return content.split('\n').flatMap(stringsOf);
    if (file.endsWith('.csv')) return content.split('\n');
    return [content];
  });
}

/** The messages of the TypeScript compiler in the languages it speaks: the largest real text of many scripts at hand. */
function languages(): string[] {
  const folder = inProject('node_modules/typescript/lib');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('diagnosticMessages.generated.json'))
    .sort()
    .flatMap((name) => {
      const messages = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Record<string, string>;
      return Object.values(messages);
    });
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(jsonl|csv|ts|md|css)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

/** The long strings in a line of JSON: contents, not names. */
function stringsOf(line: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(line, (_key, value: unknown) => {
      if (typeof value === 'string' && value.length > 15) found.push(value);
      return value;
    });
  } catch {
    // Datasets with errors are among the samples.
  }
  return found;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
