// Data of long jobs: what storing, opening and appending cost, and how long each keeps the thread of the extension host.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { metricSeries } from '../src/core/training/curves/series.ts';
import type { Job, JobEvent } from '../src/core/training/job.ts';
import { JobStore } from '../src/jobs/store/store.ts';
import { recordFileName } from '../src/jobs/store/recordFile.ts';
import { storeOldest } from '../src/jobs/watch/portions.ts';

const JOB: Job = {
  id: 'ftjob-bench',
  createdAt: 1_700_000_000,
  finishedAt: null,
  estimatedFinish: null,
  status: 'running',
  model: 'local-linear-1',
  fineTunedModel: null,
  suffix: null,
  seed: 42,
  method: 'supervised',
  hyperparameters: { n_epochs: 3, batch_size: 1, learning_rate_multiplier: 'auto' },
  trainingFile: 'file-1',
  validationFile: null,
  resultFiles: [],
  trainedTokens: null,
  error: null,
  metadata: {},
};

/** Event of a step with two losses, as OpenAI writes it. */
export function stepEvent(step: number, total: number): JobEvent {
  const trainLoss = 1 + 1.4 * Math.exp(-step / (total / 5)) + 0.3 * Math.sin(step * 12.9898);
  const validLoss = trainLoss + 0.1;
  return {
    id: `ftevent-${String(step).padStart(24, '0')}`,
    createdAt: 1_700_000_000 + Math.floor(step / 10),
    level: 'info',
    type: 'metrics',
    message: `Step ${String(step)}/${String(total)}: training loss=${trainLoss.toFixed(2)}, validation loss=${validLoss.toFixed(2)}`,
    metrics: {
      step,
      totalSteps: total,
      trainLoss,
      trainAccuracy: null,
      validLoss,
      validAccuracy: null,
      fullValidLoss: null,
      fullValidAccuracy: null,
    },
    moderation: null,
  };
}

/** Events of `from` up to, but not at, `to`, newest first. */
function stepEvents(from: number, to: number, total: number): JobEvent[] {
  return Array.from({ length: to - from }, (_, index) => stepEvent(to - 1 - index, total));
}

/** Milliseconds of the processor that this thread has had. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Longest time that the work kept the thread, and the whole, in milliseconds of the processor: other processes do not count. */
export async function stalls<T>(
  work: () => Promise<T>,
): Promise<{ readonly longest: number; readonly all: number; readonly value: T }> {
  await setImmediate();
  let longest = 0;
  const running = { isOver: false };
  const begun = cpu();
  const watching = (async (): Promise<void> => {
    for (let last = cpu(); !running.isOver;) {
      await setImmediate();
      const now = cpu();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  const value = await work();
  const all = cpu() - begun;
  running.isOver = true;
  await watching;
  return { longest, all, value };
}

/** Milliseconds of the thread; `…Longest`: of one piece of the work. */
export interface JobDataFigures {
  readonly storing: number;
  readonly storingLongest: number;
  readonly megabytes: number;
  readonly opening: number;
  readonly openingLongest: number;
  readonly appending: number;
  readonly appendingLongest: number;
  readonly columnsLongest: number;
  readonly historyLongest: number;
}

/** Stores a job of so many steps in pages, reads it again, appends to it. */
export async function measureJobData(steps: number, page = 100): Promise<JobDataFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    let store = new JobStore({ folder, writeEveryMs: 50 });
    await store.load();
    store.update('bench', JOB.id, { job: JOB });
    const write = await stalls(async () => {
      for (let from = 1; from <= steps; from += page) {
        store.update('bench', JOB.id, { newEvents: stepEvents(from, Math.min(steps + 1, from + page), steps) });
        if (from % (page * 5) === 1) await setImmediate();
      }
      await store.flush();
    });
    await store.dispose();
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (name) => (await stat(path.join(folder, name))).size),
    );
    store = new JobStore({ folder });
    const open = await stalls(() => store.load());
    const append = await stalls(async () => {
      store.update('bench', JOB.id, { newEvents: stepEvents(steps + 1, steps + 2, steps) });
      await store.flush();
    });
    const table = await stalls(() => Promise.resolve(store.get('bench', JOB.id)?.curve.table(0, 200_000)));
    await store.dispose();
    const many = stepEvents(1, Math.min(steps, 200_000), steps);
    const whole = new JobStore({ folder: path.join(folder, 'whole') });
    const history = await stalls(() =>
      storeOldest(many, (portion) => whole.update('bench', JOB.id, { job: JOB, newEvents: portion })),
    );
    await whole.dispose();
    return {
      storing: write.all,
      storingLongest: write.longest,
      megabytes: sizes.reduce((sum, size) => sum + size, 0) / 1e6,
      opening: open.all,
      openingLongest: open.longest,
      appending: append.all,
      appendingLongest: append.longest,
      columnsLongest: table.longest,
      historyLongest: history.longest,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens a job as an earlier version wrote it: all events in one file. */
export async function measureEarlierJob(steps: number): Promise<Pick<JobDataFigures, 'opening' | 'openingLongest'>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const events = stepEvents(1, steps + 1, steps);
    const record = {
      v: 1,
      fence: 0,
      connectionId: 'bench',
      job: JOB,
      events,
      checkpoints: [],
      local: {},
      complete: true,
      gone: false,
      seenAt: 0,
    };
    await writeFile(path.join(folder, recordFileName('bench', JOB.id)), JSON.stringify(record));
    const store = new JobStore({ folder });
    const open = await stalls(() => store.load());
    const points = store.get('bench', JOB.id)?.curve.length ?? 0;
    if (points !== metricSeries(events).length) throw new Error('Points are missing.');
    await store.dispose();
    return { opening: open.all, openingLongest: open.longest };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
