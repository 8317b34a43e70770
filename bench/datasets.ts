import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { tokenTableFile, writeTokenTable } from '../scripts/lib/tokenTable.ts';
import { createRandom } from '../src/core/random.ts';
import type { DatasetMeasure } from './peers/datasets.ts';
import type { Row } from './table.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const ROUNDS = 3;
/** About 100 MB of rows for validation, less for the whole pass, which takes longer. */
const ROWS = 100_000;
const WHOLE_ROWS = 40_000;

/** Validation against readline + JSON.parse, and the whole pass against the same with gpt-tokenizer: one run, each in a process of its own. */
export function datasetBench(): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const file = path.join(folder, 'rows.jsonl');
    const bytes = writeRows(file, ROWS);
    const small = path.join(folder, 'some.jsonl');
    writeRows(small, WHOLE_ROWS);
    const bundle = path.join(folder, 'datasets.mjs');
    esbuild.buildSync({
      entryPoints: [inProject('bench/peers/datasets.ts'), inProject('bench/peers/checkLines.ts')],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
    });
    writeTokenTable();
    copyFileSync(inProject(tokenTableFile), path.join(folder, path.basename(tokenTableFile)));
    const validation = rounds(bundle, ['readline', 'check', 'threads'], file);
    const whole = rounds(bundle, ['whole', 'whole-peer'], small);
    return Promise.resolve([...validationRows(validation, bytes), ...wholeRows(whole)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Rounds = Readonly<Record<string, readonly DatasetMeasure[]>>;

function validationRows(measures: Rounds, bytes: number): readonly Row[] {
  const cpu = ratio(measures, 'check', 'readline', 'cpuMs');
  const one = ratio(measures, 'check', 'readline', 'wallMs');
  const two = ratio(measures, 'threads', 'readline', 'wallMs');
  const growth = Math.max(...(measures['check'] ?? []).map(({ growthMb }) => growthMb));
  const reference = Math.max(...(measures['readline'] ?? []).map(({ growthMb }) => growthMb));
  const speed = bytes / 1e6 / (middle((measures['check'] ?? []).map(({ cpuMs }) => cpuMs)) / 1000);
  const size = `${String(Math.round(bytes / 1e6))} MB`;
  return [
    row(
      'Validation, CPU',
      cpu,
      '≤ 0.75 × readline + JSON.parse',
      cpu <= 0.75,
      `${size}; ${speed.toFixed(0)} MB a CPU second`,
    ),
    row(
      'Validation, wall time',
      Math.min(one, two),
      '≤ 0.5 × readline + JSON.parse',
      Math.min(one, two) <= 0.5,
      `one thread: ${one.toFixed(2)} ×, two threads: ${two.toFixed(2)} ×`,
    ),
    {
      name: 'Validation, memory',
      figure: `${growth.toFixed(0)} MB`,
      goal: '≤ 64 MB growth',
      met: growth <= 64,
      note: `${size}; readline: ${reference.toFixed(0)} MB`,
    },
  ];
}

function wholeRows(measures: Rounds): readonly Row[] {
  const faster = 1 / ratio(measures, 'whole', 'whole-peer', 'cpuMs');
  return [
    row(
      'Validate, count, find duplicates: CPU',
      faster,
      '≥ 3.5 × the gpt-tokenizer version',
      faster >= 3.5,
      `${String(WHOLE_ROWS)} examples`,
    ),
  ];
}

function row(name: string, value: number, goal: string, met: boolean, note: string): Row {
  return { name, figure: `${value.toFixed(2)} ×`, goal, met, note };
}

/** Modes take turns, so that what else the machine does falls on all of them. */
function rounds(bundle: string, modes: readonly string[], file: string): Rounds {
  const measures: Record<string, DatasetMeasure[]> = {};
  for (let round = 0; round < ROUNDS; round += 1)
    for (const mode of modes) {
      const out = execFileSync(process.execPath, [bundle, mode, file], {
        encoding: 'utf8',
        timeout: 300_000,
      });
      (measures[mode] ??= []).push(JSON.parse(out) as DatasetMeasure);
    }
  const counts = new Set(
    Object.values(measures)
      .flat()
      .map(({ examples }) => examples),
  );
  if (counts.size !== 1) throw new Error(`The same file has ${[...counts].join(' and ')} examples`);
  return measures;
}

/** Middle of the ratios within each round. */
function ratio(measures: Rounds, a: string, b: string, figure: 'cpuMs' | 'wallMs'): number {
  return middle((measures[a] ?? []).map((measure, round) => measure[figure] / (measures[b]?.[round]?.[figure] ?? NaN)));
}

function middle(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1] ?? NaN;
}

/** Price-like rows of about a kilobyte with words as frequent as in prose, a twentieth of them not only ASCII. Returns bytes. */
function writeRows(file: string, count: number): number {
  const random = createRandom(4);
  const syllables =
    'the re in con ar ble stain less steel mo tor com pact for with black pro duct ing er ty a ma ni'.split(' ');
  const word = (): string => Array.from({ length: 1 + random.integer(3) }, () => random.pick(syllables)).join('');
  const vocabulary = Array.from({ length: 20_000 }, word);
  const handle = openSync(file, 'w');
  let bytes = 0;
  let held = '';
  for (let n = 0; n < count; n += 1) {
    const words = Array.from(
      { length: 120 + random.integer(50) },
      () => vocabulary[Math.floor(20_000 * random.next() ** 3)] ?? '',
    );
    if (n % 20 === 0) words.push('größer', '“quoted”', '尺寸', '😀');
    held += `${JSON.stringify({
      messages: [
        { role: 'system', content: 'You estimate prices of items. Reply only with the price.' },
        { role: 'user', content: `How much does this cost?\n\n${words.join(' ')}` },
        { role: 'assistant', content: `Price is $${String(random.integer(900))}.${String(10 + random.integer(90))}` },
      ],
    })}\n`;
    if (held.length > 1 << 20 || n === count - 1) {
      bytes += writeSync(handle, held);
      held = '';
    }
  }
  closeSync(handle);
  return bytes;
}
