import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { tableOfPoints } from '../src/core/training/curves/pointTable.ts';
import { ema } from '../src/core/training/curves/smoothing.ts';
import { startHarness, type Harness } from '../test/support/webviewHarness/harness.ts';
import { jobState, metrics } from '../test/support/webviewHarness/states.ts';
import { measureEarlierJob, measureJobData } from './jobData.ts';
import { ownPage, uPlotPage, type PageFigures } from './peers/chartPage.ts';
import type { Row } from './table.ts';

const VERSION = '1.6.32';
const FOLDER = fileURLToPath(new URL('../node_modules/.cache/uplot', import.meta.url));
const PROGRAM = path.join(FOLDER, 'node_modules', 'uplot', 'dist', 'uPlot.iife.min.js');
const POINTS = 1_000_000;
/** Rows of a message, as the panel sends them. */
const PART = 200_000;
const ROUNDS = 7;
/** Longest time that one piece of work may keep the extension host. */
const STALL = 50;

/** Charts of two series of a million points beside uPlot, and the data of long jobs on their way there. */
export async function chartBench(): Promise<Row[]> {
  return [...(await pageRows()), emaRow(), ...(await dataRows())];
}

function install(): boolean {
  if (existsSync(PROGRAM)) return true;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, 'package.json'), JSON.stringify({ private: true }));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `uplot@${VERSION}`];
  spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' });
  return existsSync(PROGRAM);
}

interface Measured extends PageFigures {
  /** Bytes that are left after collecting garbage, more than before. */
  readonly heap: number;
}

/** The page of a job as VS Code shows it, and uPlot, each in pages of their own in one browser, taking turns. */
async function pageRows(): Promise<readonly Row[]> {
  if (!install()) {
    console.log('uPlot could not be installed: not compared.');
    return [];
  }
  const harness = await startHarness();
  try {
    const own: Measured[] = [];
    const peer: Measured[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { figures, beside } = await both(harness);
      own.push(figures);
      peer.push(beside);
    }
    const paint = middle(own.map((figures, round) => figures.paint / (peer[round]?.paint ?? Number.NaN)));
    const zoom = middle(own.flatMap(({ zooms }) => zooms));
    const besideZoom = middle(peer.flatMap(({ zooms }) => zooms));
    const heap = middle(own.map((figures) => figures.heap)) / 1e6;
    const of = (pick: (figures: Measured) => number): string =>
      `${middle(own.map(pick)).toFixed(1)} against ${middle(peer.map(pick)).toFixed(1)} ms`;
    return [
      {
        name: 'first paint of 2 × 1,000,000 points against uPlot',
        figure: `${paint.toFixed(2)} ×`,
        goal: '≤ 1.5 ×',
        met: paint <= 1.5,
        note: `${of((figures) => figures.paint)}: ours from the messages that the panel gets, uPlot ${VERSION} from finished columns`,
      },
      limited('zoom step', zoom, 16, `the middle of ${String(30 * ROUNDS)}; uPlot ${besideZoom.toFixed(1)} ms`),
      {
        name: 'heap of 2 × 1,000,000 points',
        figure: `${heap.toFixed(1)} MB`,
        goal: '≤ 40 MB',
        met: heap <= 40,
        note: `uPlot ${(middle(peer.map((figures) => figures.heap)) / 1e6).toFixed(1)} MB; columns included`,
      },
      limited('one appended point, in the page', middle(own.map(({ taken }) => taken)), 2, 'behind a million'),
      limited(
        'one appended point, drawn',
        middle(own.map(({ drawn }) => drawn)),
        16,
        of(({ drawn }) => drawn),
      ),
    ];
  } finally {
    await harness.close();
  }
}

async function both(harness: Harness): Promise<{ readonly figures: Measured; readonly beside: Measured }> {
  const state = jobState({ status: 'running', curve: tableOfPoints(metrics(10)), checkpoints: [] });
  const panel = await harness.open(state, { width: 960, height: 800 });
  // uPlot draws no second, smoothed line.
  await panel.page.evaluate(() => {
    for (const slider of document.querySelectorAll<HTMLInputElement>('input[type=range]')) {
      slider.value = '0';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  const figures = await measured(panel.page, () => panel.page.evaluate(ownPage, { state, points: POINTS, part: PART }));
  await panel.close();
  const page = await panel.page
    .context()
    .browser()
    ?.newPage({ viewport: { width: 960, height: 800 } });
  if (!page) throw new Error('The browser is gone.');
  await page.addScriptTag({ path: PROGRAM });
  const beside = await measured(page, () => page.evaluate(uPlotPage, { points: POINTS }));
  await page.close();
  return { figures, beside };
}

async function measured(page: Page, work: () => Promise<PageFigures>): Promise<Measured> {
  const tools = await page.context().newCDPSession(page);
  const heap = async (): Promise<number> => {
    await tools.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await tools.send('Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  };
  const before = await heap();
  const figures = await work();
  return { ...figures, heap: (await heap()) - before };
}

function emaRow(): Row {
  const values = Float64Array.from({ length: POINTS }, (_, index) => 1 + Math.sin(index));
  const times = Array.from({ length: 15 }, () => {
    const begun = performance.now();
    ema(values, 0.9);
    return performance.now() - begun;
  });
  return limited('EMA of 1,000,000 points', middle(times), 25, 'in Node, the middle of 15');
}

/** What long jobs cost the extension host, in time of its thread. */
async function dataRows(): Promise<readonly Row[]> {
  const short = await measureJobData(10_000);
  const long = await measureJobData(100_000);
  const huge = await measureJobData(POINTS);
  const earlier = await measureEarlierJob(100_000);
  const growth = long.storing / short.storing;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  return [
    {
      name: 'storing 100,000 events in pages of 100 against 10,000',
      figure: `${growth.toFixed(1)} ×`,
      goal: '≤ 15 ×',
      met: growth <= 15,
      note: `${seconds(long.storing)} against ${seconds(short.storing)}; a million ${seconds(huge.storing)}`,
    },
    limited('longest piece, storing a million events', huge.storingLongest, STALL, `${huge.megabytes.toFixed(0)} MB`),
    limited('longest piece, opening a million events', huge.openingLongest, STALL, `${seconds(huge.opening)} in all`),
    limited(
      'longest piece, one event behind a million',
      huge.appendingLongest,
      STALL,
      `${huge.appending.toFixed(1)} ms in all`,
    ),
    limited('longest piece, columns for the page', huge.columnsLongest, STALL, `${String(PART)} rows a message`),
    limited('longest piece, a history of 200,000 events at once', huge.historyLongest, STALL, 'in portions'),
    limited(
      'longest piece, opening 100,000 events of an earlier version',
      earlier.openingLongest,
      STALL,
      `${seconds(earlier.opening)} in all, from one file`,
    ),
  ];
}

function limited(name: string, ms: number, goal: number, note: string): Row {
  return { name, figure: `${ms.toFixed(1)} ms`, goal: `≤ ${String(goal)} ms`, met: ms <= goal, note };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
