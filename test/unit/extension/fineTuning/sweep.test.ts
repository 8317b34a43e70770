// Sweeps as the user plans them: the real wizard, dataset worker, saga, monitor and client before the local server, whose engine trains
// nothing.
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { startSweep } from '../../../../src/extension/fineTuning/startSweep.ts';
import { cancelSweep, resumeSweeps } from '../../../../src/extension/fineTuning/sweeps.ts';
import { readSweepViews } from '../../../../src/extension/jobs/compare/sweepViews.ts';
import type { JobWatch } from '../../../../src/extension/jobs/jobWatch.ts';
import { readUnfinished } from '../../../../src/jobs/start/unfinished.ts';
import { readSweeps } from '../../../../src/jobs/sweep/sweepRecord.ts';
import { chatRows, questions, serve, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { createFaultServer, type FaultServerOptions, type LocalFaultServer } from '../../../support/faultServer.ts';
import { AS_IT_IS, CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const SUMMARY = 'Start, or choose a line to change it';
const PATIENCE = { timeout: 20_000, interval: 10 };
const ENDED: Line = {
  notify: 'The sweep of goods has ended; 4 of 4 runs succeeded.',
  kind: 'information',
  actions: ['Show Table'],
  answer: CLOSED,
};

describe('a sweep', { timeout: 60_000 }, () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;
  let server: LocalFaultServer;
  let watch: JobWatch;

  async function start(options: FaultServerOptions = {}): Promise<void> {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    server = await createFaultServer({ baseModels: ['local-linear-1'], ...options });
    watch = serve(extension, server);
  }
  beforeEach(() => start());
  afterEach(async () => {
    ui.done();
    watch.dispose();
    await watch.flush();
    await server.close();
    await extension.close();
  });

  const goods = (): Promise<string> =>
    extension.write(
      'goods.jsonl',
      chatRows(questions(60), (row) => `$${String(row)}`),
    );
  const jobs = () => extension.services.jobs.list(LOCAL_CONNECTION.id);
  /** Its end is told in the same turn in which this window lets go of it, a moment after the disk says so. */
  const over = (): Promise<void> =>
    vi
      .waitUntil(async () => {
        const { sweeps } = await readUnfinished(extension.folder);
        return sweeps.length === 0 && extension.services.starts.sweeps.size === 0;
      }, PATIENCE)
      .then(() => undefined);
  const startLine: Line = { pick: SUMMARY, answer: /Start/ };

  it('is planned with proposals, stated before it starts, and ends in the Jobs table', async () => {
    ui.expect(
      {
        pick: SUMMARY,
        title: 'Sweep of goods.jsonl',
        reads: [
          /Start: 4 runs, one after the other, free, on this machine/,
          'Learning rate multiplier: 0.3, 1, and 3',
          'Epochs: 2, 3, and 6',
          'Runs: 4 of 9 combinations, the usual one first, the others by a low-discrepancy design (R sequence, seed 42)',
          'Validation: 10% of goods.jsonl, set aside',
          'Connection: Local',
        ],
        answer: /Start/,
      },
      ENDED,
    );
    await startSweep(extension.services, [fileUri(await goods())]);
    const [sweep] = await readSweeps(extension.folder);
    expect(extension.opened).toEqual([`jobs ${sweep?.id ?? ''}`]);
    await over();
    const records = jobs();
    expect(records).toHaveLength(4);
    for (const { job, local } of records) {
      expect(job.metadata['tuning_fork_sweep']).toBe(sweep?.id);
      expect(job).toMatchObject({ status: 'succeeded', seed: 42 });
      expect(local).toMatchObject({
        splitSeed: 42,
        priceEstimate: 0,
        sourcePath: path.join(extension.folder, 'goods.jsonl'),
      });
    }
    const tried = records.map(({ local }) => local.askedHyperparameters);
    expect(new Set(tried.map((one) => JSON.stringify(one))).size).toBe(4);
    expect(tried).toContainEqual({ n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 1 });
    expect(await readSweepViews(extension.services)).toMatchObject([
      { name: 'goods', state: 'ended', runs: 4, over: 4, without: [], isHere: false },
    ]);
  });

  it('takes other values, refuses those that cannot be, and trains a small grid whole', async () => {
    ui.expect(
      { pick: SUMMARY, answer: 'Learning rate multiplier' },
      {
        input: /Learning rate multipliers to try/,
        refused: [
          ['fast', /must be a number|no number/],
          ['', 'There is no value to try. Write numbers between commas, such as 0.3, 1, 3.'],
        ],
        answer: '1, 2',
      },
      { pick: SUMMARY, answer: 'Epochs' },
      { input: /Numbers of epochs to try/, answer: '2' },
      { pick: SUMMARY, answer: 'Runs' },
      { input: /2 combinations are possible/, refused: [['1', /from 2 to 50/]], answer: AS_IT_IS },
      { pick: SUMMARY, reads: ['Runs: 2 combinations, which are the whole grid'], answer: /Start/ },
      { ...ENDED, notify: 'The sweep of goods has ended; 2 of 2 runs succeeded.' },
    );
    await startSweep(extension.services, [fileUri(await goods())]);
    await over();
    expect(jobs()).toHaveLength(2);
  });

  it('is begun once, and canceled after a question', async () => {
    await server.close();
    await extension.close();
    await start({ engine: 'endless' });
    ui.expect(startLine);
    await startSweep(extension.services, [fileUri(await goods())]);
    await vi.waitUntil(() => jobs().length === 1, PATIENCE);
    const { services } = extension;
    expect(services.starts.sweeps.size).toBe(1);
    expect((await readSweepViews(services))[0]).toMatchObject({ state: 'running', isHere: true, over: 0 });
    // Already run here: nothing is begun a second time.
    await resumeSweeps(services);
    ui.expect({ modal: 'Cancel the sweep of goods?', detail: /is canceled, and no other run/, answer: CLOSED });
    await expect(cancelSweep(services, null)).rejects.toThrow();
    expect(jobs()[0]?.job.status).not.toBe('cancelled');
    ui.expect({ modal: 'Cancel the sweep of goods?', answer: 'Cancel Sweep' });
    await cancelSweep(services, (await readSweeps(extension.folder))[0]?.id);
    await over();
    expect(jobs().map(({ job }) => job.status)).toEqual(['cancelled']);
    expect((await readSweepViews(services))[0]).toMatchObject({ state: 'canceled', over: 4 });
  });

  it('starts all runs at once on a cluster, and cancels all of them', async () => {
    await server.close();
    await extension.close();
    await start({ engine: 'endless' });
    server.engine.isElsewhere = true;
    const { services } = extension;
    const ray = await services.connections.add({
      kind: 'ray',
      name: 'Farm',
      baseUrl: 'http://127.0.0.1:8265',
      cluster: { storage: '/mnt/shared', workers: 2, gpu: false },
    });
    ui.expect(
      { pick: SUMMARY, answer: 'Connection' },
      {
        pick: 'Where should it be trained?',
        reads: [/Lab: Sweeps run on this machine and on Ray clusters/],
        answer: 'Farm',
      },
      {
        pick: SUMMARY,
        reads: [
          /Start: 4 runs, as many at once as fit; no provider bills them, cost of the cluster not known/,
          'Connection: Farm',
        ],
        answer: /Start/,
      },
    );
    await startSweep(services, [fileUri(await goods())]);
    const runs = () => services.jobs.list(ray.id);
    await vi.waitUntil(() => runs().filter(({ job }) => job.status === 'running').length === 4, PATIENCE);
    const [sweep] = await readSweeps(extension.folder);
    expect(new Set(runs().map(({ job }) => job.metadata['tuning_fork_sweep']))).toEqual(new Set([sweep?.id]));
    expect(new Set(runs().map(({ job }) => job.metadata['tuning_fork_sweep_runs']))).toEqual(new Set(['4']));
    expect(runs().map(({ local }) => local.priceEstimate)).toEqual([null, null, null, null]);
    ui.expect({ modal: 'Cancel the sweep of goods?', detail: /All runs that have not ended/, answer: 'Cancel Sweep' });
    await cancelSweep(services, sweep?.id);
    await over();
    expect(runs().map(({ job }) => job.status)).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect((await readSweeps(extension.folder))[0]).toMatchObject({
      state: 'canceled',
      runs: [1, 2, 3, 4].map(() => ({ end: 'cancelled' })),
    });
  });

  it('says where there is none to cancel', async () => {
    await expect(cancelSweep(extension.services, null)).rejects.toMatchObject({ problem: { code: 'no-sweep' } });
  });
});
