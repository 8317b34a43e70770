// Process of its own, with `--expose-gc`: a run of 25,000 items and three contestants is made, asked, added up as a panel does, and opened.
import { setTimeout as delay } from 'node:timers/promises';
import { EvaluationRun } from '../../src/evals/runner.ts';
import type { Ask } from '../../src/evals/scheduler.ts';
import { RunFigures } from '../../src/extension/evaluation/panel/runFigures.ts';
import { configOf, contestant, inFolder, itemsOf, measured, SHA } from '../evaluationRuns.ts';

export interface GrowthMeasure {
  /** Growth of the heap by the run with its items and a panel's figures, in megabytes: as it was asked, or opened, whichever is more. */
  readonly growthMb: number;
  readonly openMs: number;
  readonly openCpuMs: number;
  readonly createMs: number;
  /** CPU of the whole run, without its requests. */
  readonly runCpuMs: number;
  /** Longest stretch of CPU while it was made and opened. */
  readonly stretchMs: number;
}

const ITEMS = 25_000;
const PATCH_MS = 100;

const ask: Ask = async (_contestant, { index }) => {
  await new Promise(setImmediate);
  return { text: `$${String(index + 3)}.00`, finishReason: 'stop', usage: { input: 250, output: 5 } };
};

function heapMb(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

/** Longest time that the thread worked without letting others in. */
async function longestStretch(work: () => Promise<unknown>): Promise<number> {
  const state = { isOver: false };
  const worked = work().finally(() => {
    state.isOver = true;
  });
  const ownTime = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  for (let last = ownTime(); !state.isOver;) {
    await new Promise(setImmediate);
    const now = ownTime();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await worked;
  return longest;
}

const config = configOf(ITEMS, {
  contestants: [contestant('tuned'), contestant('base'), contestant('other')],
  grader: 'number',
});

async function opened(folder: string): Promise<EvaluationRun> {
  const result = await EvaluationRun.open(folder, config.id);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const figures = await inFolder(async (folder): Promise<GrowthMeasure> => {
  const before = heapMb();
  const runs: EvaluationRun[] = [];
  const create = await measured(async () => {
    runs.push(await EvaluationRun.create(folder, config, itemsOf(ITEMS)));
  });
  const [run] = runs;
  if (!run) throw new Error('No run was made.');
  const panel = new RunFigures(run);
  run.onDidChange(({ rows }) => {
    panel.add(rows);
  });
  const state = { isOver: false };
  const patches = (async () => {
    while (!state.isOver) {
      await panel.update();
      await delay(PATCH_MS);
    }
  })();
  const asked = await measured(() => run.start(SHA, { ask }));
  state.isOver = true;
  await patches;
  await panel.update();
  const askedMb = heapMb() - before;
  if (panel.reports.some(({ n }) => n !== ITEMS)) throw new Error('Rows are missing.');
  await run.dispose();
  // Once to warm up, as the window has read other runs.
  const first = await opened(folder);
  const again = new RunFigures(first);
  await again.update();
  const growthMb = Math.max(askedMb, heapMb() - before - askedMb);
  if (first.rows.length !== panel.reports.length * ITEMS || again.isStale) throw new Error('Rows are missing.');
  const open = await measured(() => opened(folder));
  const stretchMs = await longestStretch(() => opened(folder));
  return {
    growthMb,
    openMs: open.wallMs,
    openCpuMs: open.cpuMs,
    createMs: create.wallMs,
    runCpuMs: asked.cpuMs,
    stretchMs,
  };
});
console.log(JSON.stringify(figures));
