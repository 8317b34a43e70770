import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { prepare } from '../scripts/lib/prepare.ts';
import { proseWords, writeCorpus } from './corpus.ts';
import type { StartMeasure } from './peers/startup.ts';
import type { Row } from './table.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const PROGRAM = inProject('bench/peers/startup.ts');
const ROUNDS = 11;
/** 2 MB: the largest document that is checked while it is edited. */
const ROWS = 1270;
const SEED = 6;
/** A bundle that many people load, minified, and half as large again as what activation reads of ours. */
const PEER = 'node_modules/prettier/plugins/babel.js';

/** What a window waits for: activation, and the first findings of a document. Each in a process of its own, taking turns. */
export async function startupBench(): Promise<Row[]> {
  await prepare(['bundles']);
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const dataset = path.join(folder, 'rows.jsonl');
    writeCorpus(dataset, proseWords(inProject('node_modules')), { rows: ROWS, seed: SEED });
    const worker = inProject('dist/datasetWorker.js');
    return [
      ...activationRows(
        rounds({
          own: ['activation', inProject('dist/extension.cjs')],
          peer: ['require', inProject(PEER)],
        }),
      ),
      ...findingsRows(rounds({ own: ['findings', worker, dataset], peer: ['parse', dataset] })),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rounds {
  readonly own: readonly StartMeasure[];
  readonly peer: readonly StartMeasure[];
}

/** Both take turns, so that what else the machine does falls on both. */
function rounds(modes: Readonly<Record<keyof Rounds, readonly string[]>>): Rounds {
  const measure = (args: readonly string[]): StartMeasure => {
    const out = execFileSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', timeout: 60_000 });
    return JSON.parse(out) as StartMeasure;
  };
  const own: StartMeasure[] = [];
  const peer: StartMeasure[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    own.push(measure(modes.own));
    peer.push(measure(modes.peer));
  }
  return { own, peer };
}

function activationRows({ own, peer }: Rounds): readonly Row[] {
  const cpu = middle(own.map(({ cpuMs }) => cpuMs));
  const other = middle(peer.map(({ cpuMs }) => cpuMs));
  const ratio = middle(own.map(({ cpuMs }, round) => cpuMs / (peer[round]?.cpuMs ?? NaN)));
  return [
    {
      name: 'activation, CPU',
      figure: `${cpu.toFixed(0)} ms`,
      goal: '≤ 60 ms',
      met: cpu <= 60,
      note: `${ratio.toFixed(1)} × reading prettier's babel plugin (${other.toFixed(0)} ms); an empty window`,
    },
  ];
}

function findingsRows({ own, peer }: Rounds): readonly Row[] {
  const ratio = middle(own.map(({ cpuMs }, round) => cpuMs / (peer[round]?.cpuMs ?? NaN)));
  const cpu = middle(own.map(({ cpuMs }) => cpuMs));
  const wall = middle(own.map(({ wallMs }) => wallMs));
  return [
    {
      name: 'first findings of a 2 MB document, CPU',
      figure: `${ratio.toFixed(1)} ×`,
      goal: '≤ 3 × JSON.parse in a thread',
      met: ratio <= 3,
      note: `thread, module and check: ${cpu.toFixed(0)} CPU ms, ${wall.toFixed(0)} ms by the clock`,
    },
  ];
}

function middle(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1] ?? NaN;
}
