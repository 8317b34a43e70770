import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { tokenTableFile } from '../scripts/lib/tokenTable.ts';
import { proseWords, writeCorpus } from './corpus.ts';
import { nearDuplicateRow } from './nearDuplicates.ts';
import type { DatasetMeasure } from './peers/datasets.ts';
import { pythonCheck } from './peers/pythonCheck.ts';
import type { Row } from './table.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** 157 MB. */
const ROWS = 100_000;
const SEED = 4;
const ROUNDS = 5;
/** Of the whole pass and of the large file, which take longer. */
const WHOLE_ROUNDS = 2;
const LARGE_ROUNDS = 3;
/** Rows are written so often into the large file: 1.1 GB. */
const COPIES = 7;
const LONG_LINE_BYTES = 600_000_000;

/** Validation against readline + JSON.parse, and the whole pass against the same with gpt-tokenizer: one run, each in a process of its own. */
export async function datasetBench(dataFolder = process.env['TUNING_FORK_DATA_DIR']): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const program = buildPrograms(folder);
    const file = path.join(folder, 'rows.jsonl');
    const words = proseWords(inProject('node_modules'));
    const { bytes } = writeCorpus(file, words, { rows: ROWS, seed: SEED });
    const validation = rounds(program, ['readline', 'check'], file, ROUNDS);
    return [
      ...validationRows(validation, bytes),
      ...wallRows(program, folder, file, ratio(validation, 'check', 'readline', 'wallMs')),
      ...pythonRow(program, file),
      ...realRows(program, folder, dataFolder),
      ...largeRows(program, folder, file),
      ...wholeRows(rounds(program, ['whole', 'whole-peer'], file, WHOLE_ROUNDS)),
      await nearDuplicateRow(words, SEED + 1),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As they are built: the measured program, and the thread that it starts beside it. */
function buildPrograms(folder: string): string {
  esbuild.buildSync({
    entryPoints: [inProject('bench/peers/datasets.ts'), inProject('src/worker/datasetWorker.ts')],
    outdir: folder,
    entryNames: '[name]',
    // The peer's vocabulary is loaded by the peer only.
    splitting: true,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
  });
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
  copyFileSync(inProject(tokenTableFile), path.join(folder, path.basename(tokenTableFile)));
  return path.join(folder, 'datasets.js');
}

type Rounds = Readonly<Record<string, readonly DatasetMeasure[]>>;

function measure(program: string, mode: string, file: string): DatasetMeasure {
  const out = execFileSync(process.execPath, [program, mode, file], { encoding: 'utf8', timeout: 600_000 });
  return JSON.parse(out) as DatasetMeasure;
}

/** Modes take turns, so that what else the machine does falls on all of them. */
function rounds(
  program: string,
  modes: readonly string[],
  file: string,
  count: number,
  expected: readonly string[] = [],
): Rounds {
  const measures: Record<string, DatasetMeasure[]> = {};
  for (let round = 0; round < count; round += 1)
    for (const mode of modes) (measures[mode] ??= []).push(measure(program, mode, file));
  const all = Object.values(measures).flat();
  const counts = new Set(all.map(({ examples }) => examples));
  if (counts.size !== 1) throw new Error(`The same file has ${[...counts].join(' and ')} examples`);
  const found = all.flatMap(({ findings }) => findings).filter((code) => !expected.includes(code));
  if (found.length > 0) throw new Error(`The file was meant to be good: ${found.slice(0, 5).join(', ')}`);
  return measures;
}

function validationRows(measures: Rounds, bytes: number): readonly Row[] {
  const cpu = ratio(measures, 'check', 'readline', 'cpuMs');
  const speed = bytes / 1e6 / (middle((measures['check'] ?? []).map(({ cpuMs }) => cpuMs)) / 1000);
  return [
    row(
      'validation, CPU',
      cpu,
      '≤ 0.75 × readline + JSON.parse',
      cpu <= 0.75,
      `${megabytes(bytes)}; ${speed.toFixed(0)} MB a CPU second, one thread`,
    ),
  ];
}

/**
 * The same in several threads, of a file for which the product takes more than one: another thread has to start and to be
 * compiled, which takes as long as checking some 50 MB.
 */
function wallRows(program: string, folder: string, file: string, alone: number): readonly Row[] {
  const large = path.join(folder, 'repeated.jsonl');
  const rows = readFileSync(file);
  for (let n = 0; n < COPIES; n += 1) appendFileSync(large, rows);
  const { size } = statSync(large);
  const measures = rounds(program, ['readline', 'check', 'threads'], large, LARGE_ROUNDS, ['file-too-large']);
  rmSync(large);
  const two = ratio(measures, 'threads', 'readline', 'wallMs');
  const one = ratio(measures, 'check', 'readline', 'wallMs');
  return [
    row(
      'validation, wall time',
      two,
      '≤ 0.5 × readline + JSON.parse',
      two <= 0.5,
      `${megabytes(size)} in threads; in one thread ${one.toFixed(2)} ×, and ${alone.toFixed(2)} × for ${megabytes(rows.length)}`,
    ),
  ];
}

/** Only where there is a Python. Both take turns, as in `rounds`. */
function pythonRow(program: string, file: string): readonly Row[] {
  const ratios: number[] = [];
  let memory = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const python = pythonCheck(file);
    if (python === null) return [];
    ratios.push(measure(program, 'check', file).cpuMs / python.cpuMs);
    memory = python.rssMb;
  }
  const value = middle(ratios);
  return [
    row(
      'validation, CPU',
      value,
      '≤ 0.3 × Python',
      value <= 0.3,
      `json.loads and the usual checks; its memory: ${memory.toFixed(0)} MB`,
    ),
  ];
}

/** The rows that people have trained on, again and again: only for reading, where what was read before does not help. */
function realRows(program: string, folder: string, dataFolder: string | undefined): readonly Row[] {
  if (dataFolder === undefined) return [];
  const content = Buffer.concat(
    [
      'lesson/students/emmy_fine_tune_train.jsonl',
      'lesson/students/emmy_fine_tune_validation.jsonl',
      'lesson/pricer_v1_fine_tune_train_200.jsonl',
    ].flatMap((name) => {
      const bytes = readFileSync(path.join(dataFolder, name));
      return bytes.at(-1) === 0x0a ? [bytes] : [bytes, Buffer.from('\n')];
    }),
  );
  const file = path.join(folder, 'real.jsonl');
  const copies = Math.ceil(500e6 / content.length);
  for (let n = 0; n < copies; n += 1) appendFileSync(file, content);
  // Shops' descriptions are damaged in two of the 700 rows.
  const damage = ['replacement-character', 'twice-decoded'];
  const measures = rounds(program, ['readline', 'check', 'threads'], file, 3, damage);
  const cpu = ratio(measures, 'check', 'readline', 'cpuMs');
  const wall = ratio(measures, 'threads', 'readline', 'wallMs');
  return [
    row(
      'validation of real rows, CPU',
      cpu,
      '≤ 0.65 × readline + JSON.parse',
      cpu <= 0.65,
      `lesson/, repeated to ${megabytes(copies * content.length)}; wall time in threads: ${wall.toFixed(2)} ×`,
    ),
  ];
}

/** Memory does not grow with the file, nor with a line; a line that is too long is one finding. */
function largeRows(program: string, folder: string, file: string): readonly Row[] {
  const { bavail, bsize } = statfsSync(folder);
  const needed = statSync(file).size * (COPIES + 1);
  if (bavail * bsize < needed) throw new Error(`There are not ${megabytes(needed)} free in ${folder}`);
  const large = path.join(folder, 'large.jsonl');
  const rows = readFileSync(file);
  for (let n = 0; n < COPIES; n += 1) {
    appendFileSync(large, rows);
    // A hole in the file: it takes no room, and is read as zeros.
    if (n !== 2) continue;
    const handle = openSync(large, 'r+');
    ftruncateSync(handle, statSync(large).size + LONG_LINE_BYTES);
    closeSync(handle);
    appendFileSync(large, '\n');
  }
  const { size } = statSync(large);
  const [one, more] = ['check', 'threads'].map((mode) => measure(program, mode, large));
  rmSync(large);
  if (one === undefined || more === undefined) throw new Error('Nothing was measured');
  for (const { examples, findings } of [one, more]) {
    if (examples !== COPIES * ROWS + 1 || findings.join() !== 'file-too-large,line-too-long')
      throw new Error(`The large file has ${String(examples)} examples and ${findings.join()}`);
  }
  const growth = Math.max(one.growthMb, more.growthMb);
  return [
    {
      name: 'validation, memory',
      figure: `${growth.toFixed(0)} MB`,
      goal: '≤ 64 MB growth',
      met: growth <= 64,
      note: `${megabytes(size)}, one line of them ${megabytes(LONG_LINE_BYTES)}: one thread ${one.growthMb.toFixed(0)} MB, more ${more.growthMb.toFixed(0)} MB`,
    },
  ];
}

function wholeRows(measures: Rounds): readonly Row[] {
  const faster = 1 / ratio(measures, 'whole', 'whole-peer', 'cpuMs');
  const own = measures['whole'] ?? [];
  const rss = Math.max(...own.map(({ rssMb }) => rssMb));
  const seconds = (mode: string): string =>
    (middle((measures[mode] ?? []).map(({ cpuMs }) => cpuMs)) / 1000).toFixed(1);
  return [
    row(
      'whole pass, CPU',
      faster,
      '≥ 3.5 × the gpt-tokenizer version',
      faster >= 3.5,
      `${String(ROWS)} examples; ${seconds('whole')} against ${seconds('whole-peer')} CPU s`,
    ),
    {
      name: 'whole pass, memory',
      figure: `${rss.toFixed(0)} MB`,
      goal: '≤ 200 MB',
      met: rss <= 200,
      note: 'of all of the process',
    },
  ];
}

function row(name: string, value: number, goal: string, met: boolean, note: string): Row {
  return { name, figure: `${value.toFixed(2)} ×`, goal, met, note };
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${String(Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Middle of the ratios within each round. */
function ratio(measures: Rounds, a: string, b: string, figure: 'cpuMs' | 'wallMs'): number {
  return middle((measures[a] ?? []).map((own, round) => own[figure] / (measures[b]?.[round]?.[figure] ?? NaN)));
}

function middle(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1] ?? NaN;
}
