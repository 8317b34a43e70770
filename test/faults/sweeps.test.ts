// Sweeps whose window is closed, whose starts are refused and whose runs fail: each run is started once, and the rest goes on.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newIntentId } from '../../src/jobs/start/intentJournal.ts';
import { intentState } from '../../src/jobs/start/intentState.ts';
import { readUnfinished } from '../../src/jobs/start/unfinished.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { isOver } from '../../src/jobs/watch/poller.ts';
import { runSweep, type SweepDeps } from '../../src/jobs/sweep/runSweep.ts';
import { dataOfSweep, planSweep, readSweep, type SweepRecord } from '../../src/jobs/sweep/sweepRecord.ts';
import { createClient } from '../../src/openai/client.ts';
import { createFaultServer, type FaultServerOptions, type LocalFaultServer } from '../support/faultServer.ts';

/** The window is closed here. */
class Closed extends Error {}

interface Job {
  readonly status: string;
}

interface Rig {
  readonly folder: string;
  readonly server: LocalFaultServer;
  readonly id: string;
  /** Runs the sweep as a window does, up to the point `closeAt`. */
  readonly window: (closeAt?: string, signal?: AbortSignal) => Promise<SweepRecord | null>;
  onLook: (jobId: string) => void;
}

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

async function rig(options: FaultServerOptions = {}, runs = 4, together = false): Promise<Rig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-sweep-'));
  const server = await createFaultServer(options);
  cleanUp.push(
    () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
    () => server.close(),
  );
  const provider = createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const id = newIntentId();
  const data = dataOfSweep(folder, id);
  await mkdir(data, { recursive: true });
  const [training, validation] = [path.join(data, 'training.jsonl'), path.join(data, 'validation.jsonl')];
  await writeFile(training, rows(20));
  await writeFile(validation, rows(10));
  server.engine.isElsewhere = together;
  await planSweep(folder, { ...sweepOf(id, { training, validation }, runs), together });
  const made: Rig = {
    folder,
    server,
    id,
    onLook: () => undefined,
    window: async (closeAt = '', signal = new AbortController().signal) => {
      const jobs = new JobStore({ folder: path.join(folder, 'jobs') });
      await jobs.load();
      const stop = new AbortController();
      const look = async (): Promise<void> => {
        for (const { job } of jobs.list('local')) {
          if (isOver(job)) continue;
          made.onLook(job.id);
          jobs.update('local', job.id, { job: await provider.retrieveJob(job.id) });
        }
      };
      const watching = watch(look, stop.signal);
      const failpoint = (name: string): void => {
        if (name === closeAt) throw new Closed(name);
      };
      const deps: SweepDeps = {
        folder,
        jobs,
        provider: () => Promise.resolve(provider),
        look,
        signal,
        start: { sleep: () => Promise.resolve(), reconcileDelaysMs: [0, 0] },
        failpoint,
      };
      try {
        return await runSweep(id, deps);
      } catch (error) {
        if (error instanceof Closed) return null;
        throw error;
      } finally {
        stop.abort();
        await watching;
        await jobs.dispose();
      }
    },
  };
  return made;
}

/** Looks again and again, as the monitor does. */
async function watch(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  await vi.waitUntil(
    async () => {
      await look().catch(() => undefined);
      return signal.aborted;
    },
    { interval: 5, timeout: 60_000 },
  );
}

function rows(count: number): string {
  const row = (number: number): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `How much is thing ${String(number)}?` },
        { role: 'assistant', content: `$${String(number)}` },
      ],
    });
  return Array.from({ length: count }, (_, number) => `${row(number)}\n`).join('');
}

function sweepOf(
  id: string,
  files: { readonly training: string; readonly validation: string },
  runs: number,
): SweepRecord {
  return {
    v: 1,
    id,
    name: 'goods',
    at: 1,
    base: {
      connectionId: 'local',
      model: 'local-linear-1',
      trainingFile: files.training,
      validationFile: files.validation,
      method: {
        name: 'supervised',
        hyperparameters: { n_epochs: 'auto', batch_size: 2, learning_rate_multiplier: 'auto' },
      },
      suffix: null,
      seed: 7,
      wandb: null,
      name: 'goods',
      metadata: { mine: 'yes' },
      local: { priceEstimate: 0 },
    },
    axes: { rates: [1], ranks: null, epochs: [1] },
    seed: 7,
    runs: Array.from({ length: runs }, (_, index) => ({
      settings: { rate: 1, rank: null, epochs: index + 1 },
      intentId: null,
      jobId: null,
      end: null,
      reason: null,
    })),
    state: 'running',
  };
}

const REFUSED = { kind: 'status', status: 400, body: { error: { message: 'No room.', code: 'no_room' } } } as const;

describe('a sweep', () => {
  it('trains one run after the other, all with the same files and seed, and leaves no copy behind', async () => {
    const { folder, server, id, window } = await rig();
    const sweep = await window();
    expect(sweep?.state).toBe('ended');
    expect(sweep?.runs.map(({ end }) => end)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    expect(server.ledger.jobs.map(({ metadata }) => metadata['tuning_fork_name'])).toEqual([
      'goods, run 1 of 4',
      'goods, run 2 of 4',
      'goods, run 3 of 4',
      'goods, run 4 of 4',
    ]);
    for (const { metadata } of server.ledger.jobs)
      expect(metadata).toMatchObject({ tuning_fork_sweep: id, mine: 'yes' });
    const contents = await Promise.all(
      server.ledger.jobs.map(async ({ training_file, validation_file }) => [
        (await server.contentOf(training_file)).sha256,
        (await server.contentOf(validation_file ?? '')).sha256,
      ]),
    );
    expect(new Set(contents.map(String)).size).toBe(1);
    expect((await readUnfinished(folder)).sweeps).toEqual([]);
    await expect(readdir(dataOfSweep(folder, id))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['noted 1', 'created 1', 'ended 1', 'noted 3', 'ended 3'])(
    'goes on after its window was closed at "%s", with no run trained twice',
    async (closeAt) => {
      const { folder, server, id, window } = await rig();
      expect(await window(closeAt)).toBeNull();
      expect((await readUnfinished(folder)).sweeps).toEqual([id]);
      const sweep = await window();
      expect(sweep?.runs.map(({ end }) => end)).toEqual(Array(4).fill('succeeded'));
      expect(server.ledger.jobs).toHaveLength(4);
      expect(new Set(sweep?.runs.map(({ jobId }) => jobId)).size).toBe(4);
    },
  );

  it.each(['', 'noted 1', 'created 1', 'ended 1', 'created 3', 'ended 3'])(
    'starts all runs of a cluster at once, each once, also when its window was closed at "%s"',
    async (closeAt) => {
      const { folder, server, id, window } = await rig({ engine: 'endless' }, 4, true);
      if (closeAt !== '') {
        expect(await window(closeAt)).toBeNull();
        expect((await readUnfinished(folder)).sweeps).toEqual([id]);
      }
      const stop = new AbortController();
      const going = window('', stop.signal);
      const running = async () => {
        const { data } = (await server.direct('GET', '/fine_tuning/jobs')) as { readonly data: readonly Job[] };
        return data.filter(({ status }) => status === 'running').length;
      };
      await vi.waitUntil(async () => (await running()) === 4, { timeout: 15_000, interval: 20 });
      stop.abort();
      const sweep = await going;
      expect(sweep?.runs.map(({ end }) => end)).toEqual(Array(4).fill('cancelled'));
      expect(server.ledger.jobs).toHaveLength(4);
      for (const { metadata } of server.ledger.jobs)
        expect(metadata).toMatchObject({ tuning_fork_sweep: id, tuning_fork_sweep_runs: '4', mine: 'yes' });
    },
  );

  it('goes on past a start that is refused in the middle, and says why', async () => {
    const ok = { kind: 'ok' } as const;
    const { server, window } = await rig({ script: { 'POST /fine_tuning/jobs': [ok, REFUSED, ok, ok] } });
    const sweep = await window();
    expect(sweep?.runs.map(({ end }) => end)).toEqual(['succeeded', 'refused', 'succeeded', 'succeeded']);
    expect(sweep?.runs[1]).toMatchObject({ jobId: null, reason: expect.stringContaining('No room') as string });
    expect(server.ledger.jobs).toHaveLength(3);
  });

  it('finds the job of a start whose answer was lost, and requests it once', async () => {
    const ok = { kind: 'ok' } as const;
    const lost = { kind: 'reset', after: true } as const;
    const { server, window } = await rig({ script: { 'POST /fine_tuning/jobs': [ok, lost, ok, ok] } });
    const sweep = await window();
    expect(sweep?.runs.map(({ end }) => end)).toEqual(Array(4).fill('succeeded'));
    expect(server.ledger.jobs).toHaveLength(4);
  });

  it('is canceled with the run that goes on; runs to come are not started', async () => {
    const made = await rig({ engine: 'endless' });
    const stop = new AbortController();
    made.onLook = () => {
      stop.abort();
    };
    const sweep = await made.window('', stop.signal);
    expect(sweep?.state).toBe('canceled');
    expect(sweep?.runs.map(({ end }) => end)).toEqual(['cancelled', 'canceled', 'canceled', 'canceled']);
    expect(made.server.ledger.jobs).toHaveLength(1);
    expect((await readUnfinished(made.folder)).sweeps).toEqual([]);
    // A later window has nothing to do.
    expect((await made.window())?.state).toBe('canceled');
    expect(made.server.ledger.jobs).toHaveLength(1);
  });

  it('is run by one window at a time', async () => {
    const made = await rig({ engine: 'endless' });
    const stop = new AbortController();
    let other: Promise<SweepRecord | null> | undefined;
    made.onLook = () => {
      made.onLook = () => undefined;
      other = made.window();
      void other.then(() => {
        stop.abort();
      });
    };
    expect((await made.window('', stop.signal))?.state).toBe('canceled');
    expect(await other).toBeNull();
    expect(made.server.ledger.jobs).toHaveLength(1);
  });

  it('whose record cannot be read is forgotten', async () => {
    const { folder, id, window } = await rig();
    await writeFile(path.join(folder, 'sweeps', id, 'sweep.json'), '{"v":1,"id":');
    expect(await readSweep(folder, id)).toBeNull();
    expect(await window()).toBeNull();
    expect((await readUnfinished(folder)).sweeps).toEqual([]);
  });

  it('gives ranks to a model that has them, with an alpha of twice the rank unless it was chosen', async () => {
    for (const [advanced, alpha] of [
      [{ packing: true }, 16],
      [{ packing: true, lora_alpha: 5, lora_rank: 64 }, 5],
    ] as const) {
      const { folder, id, window } = await rig({}, 1);
      const planned = await readSweep(folder, id);
      if (!planned) throw new Error('There is no sweep.');
      const runs = planned.runs.map((run) => ({ ...run, settings: { rate: 3, rank: 8, epochs: 2 } }));
      const base = { ...planned.base, method: { ...planned.base.method, advanced } };
      await planSweep(folder, { ...planned, base, runs });
      const intentId = (await window())?.runs[0]?.intentId ?? '';
      expect((await intentState(folder, intentId)).planned?.params).toMatchObject({
        seed: 7,
        method: {
          hyperparameters: { n_epochs: 2, learning_rate_multiplier: 3, batch_size: 2 },
          advanced: { lora_rank: 8, lora_alpha: alpha, packing: true },
        },
        local: { notified: true },
      });
    }
  });
});
