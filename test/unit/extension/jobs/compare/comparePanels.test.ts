// The Jobs table and compared charts from the extension's side, with real stores behind them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Connection } from '../../../../../src/core/provider/connection.ts';
import { rowKey, type JobRow } from '../../../../../src/core/training/compare/jobRow.ts';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import { COMMANDS } from '../../../../../src/extension/contributions.ts';
import { ComparePanel, type ComparePanelServices } from '../../../../../src/extension/jobs/compare/comparePanel.ts';
import { Starts } from '../../../../../src/extension/fineTuning/starts.ts';
import { JobRows } from '../../../../../src/extension/jobs/compare/jobRows.ts';
import { JobsPanel, type JobsPanelServices } from '../../../../../src/extension/jobs/compare/jobsPanel.ts';
import type { RegisteredRun } from '../../../../../src/evals/registry.ts';
import { JobStore } from '../../../../../src/jobs/store/store.ts';
import { parseToPanel, type ToPanel } from '../../../../../src/protocol/panelMessages.ts';
import { createDatasetService } from '../../../../../src/worker/datasetService.ts';
import { aJob, aMetric, anEvent } from '../../../../support/jobBuilders.ts';
import { uiDouble } from '../../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../../support/vscodeDouble.ts';
import { runConfig } from '../../../../support/webviewHarness/states.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const LAB: Connection = { id: 'openai', kind: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1' };
let folder: string;
let store: JobStore;
let runs: RegisteredRun[];
let runChanged: () => void;
let connections: readonly Connection[];
let connectionsChanged: () => void;
let messages: ToPanel[];
let receive: (message: unknown) => void;
let dispose: () => void;
let openedRuns: string[];
let ui: unknown;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  store = new JobStore({ folder: path.join(folder, 'jobs'), writeEveryMs: 1_000_000 });
  await store.load();
  runs = [];
  connections = [LAB];
  messages = [];
  openedRuns = [];
  ui = uiDouble();
  editor.ran.length = 0;
});
afterEach(async () => {
  dispose();
  await store.dispose();
  await rm(folder, { recursive: true });
});

function panelDouble(): vscode.WebviewPanel {
  return {
    visible: true,
    title: '',
    webview: {
      cspSource: 'csp',
      asWebviewUri: (uri: unknown) => uri,
      onDidReceiveMessage: (listener: typeof receive) => {
        receive = listener;
      },
      postMessage: (message: ToPanel) => {
        // Every message is one that the page takes.
        const copy = structuredClone(message);
        expect(parseToPanel(copy)).toEqual(copy);
        messages.push(copy);
        return Promise.resolve(true);
      },
    },
    onDidChangeViewState: vi.fn(),
    onDidDispose: (listener: () => void) => {
      dispose = listener;
    },
  } as unknown as vscode.WebviewPanel;
}

async function services() {
  const service = createDatasetService(() => {
    throw new Error('Nothing is counted.');
  });
  const all = {
    ui,
    log: { info: vi.fn(), error: vi.fn(), warn: vi.fn() },
    extensionUri: fileUri('/extension'),
    jobs: store,
    folder,
    starts: new Starts(folder),
    watch: { setVisible: vi.fn() },
    connections: {
      list: () => Promise.resolve(connections),
      onDidChange: (listener: () => void) => {
        connectionsChanged = listener;
        return { dispose: vi.fn() };
      },
    },
    runs: {
      load: () => Promise.resolve(),
      findFacts: () => Promise.resolve(),
      list: () => runs,
      onDidChange: (listener: () => void) => {
        runChanged = listener;
        return { dispose: vi.fn() };
      },
    },
    datasets: {
      rowChanges: (before: string, file: string, signal: AbortSignal) => service.rowChanges([before, file], signal),
    },
    panels: { openRun: (id: string) => Promise.resolve(void openedRuns.push(id)) },
  };
  const rows = new JobRows(all as never);
  await rows.load();
  return { all, rows };
}

async function openTable(): Promise<JobsPanel> {
  const { all, rows } = await services();
  const table = new JobsPanel(all as unknown as JobsPanelServices, panelDouble(), rows);
  receive({ type: 'ready' });
  return table;
}

async function openCompared(...jobs: readonly string[]): Promise<void> {
  const { all, rows } = await services();
  const refs = jobs.map((jobId) => ({ connectionId: 'openai', jobId }));
  new ComparePanel(all as unknown as ComparePanelServices, panelDouble(), refs, rows);
  receive({ type: 'ready' });
}

/** Rows that the page has by its messages so far. */
function rowsOf(): ReadonlyMap<string, JobRow> {
  const rows = new Map<string, JobRow>();
  for (const message of messages) {
    if (message.type === 'state' && message.state.panel === 'jobs') rows.clear();
    const some =
      message.type === 'jobRows'
        ? message.rows
        : message.type === 'state' && message.state.panel === 'jobs'
          ? message.state.rows
          : [];
    for (const row of some) rows.set(row.jobId, row);
    if (message.type === 'jobRows') for (const key of message.removed) rows.delete(key.split(' ')[1] ?? '');
  }
  return rows;
}

const step = (n: number, trainLoss: number) =>
  anEvent({ id: `e${String(n)}`, createdAt: n, metrics: aMetric({ step: n, trainLoss }) });

describe('the Jobs table', () => {
  it('gets all jobs in parts, those of removed connections left out', async () => {
    for (let n = 0; n < 1203; n++)
      store.update('openai', `j${String(n)}`, { job: aJob({ id: `j${String(n)}`, createdAt: n + 1 }) });
    store.update('gone', 'x', { job: aJob({ id: 'x' }) });
    await openTable();
    const [state] = messages;
    if (state?.type !== 'state' || state.state.panel !== 'jobs') throw new Error('No state came.');
    expect(state.state.total).toBe(1203);
    expect(state.state.rows[0]?.jobId).toBe('j1202');
    await vi.waitUntil(() => rowsOf().size === 1203, { timeout: 5000 });
    const sizes = messages.map((message) => (message.type === 'jobRows' ? message.rows.length : 500));
    expect(sizes).toEqual([500, 500, 203]);
  });

  it('makes the rows of a message in a few milliseconds', async () => {
    const { rows } = await services();
    dispose = () => undefined;
    // Of this thread alone: others write the events of these jobs meanwhile. The least of three, since the first one is compiled.
    const thread = (): number => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    };
    const costs = [0, 1, 2].map((round) => {
      const records = Array.from({ length: 500 }, (_, n) => {
        const id = `j${String(round)}-${String(n)}`;
        const record = store.update('openai', id, { job: aJob({ id }), newEvents: [step(2, 1), step(1, 2)] });
        if (!record) throw new Error('It was not kept.');
        return record;
      });
      const before = thread();
      for (const record of records) rows.rowOf(record);
      return thread() - before;
    });
    expect(Math.min(...costs)).toBeLessThan(50);
  });

  it('follows jobs as they train, come and go, a message a moment', async () => {
    store.update('openai', 'j1', { job: aJob({ id: 'j1' }), newEvents: [step(1, 2)] });
    await openTable();
    for (let n = 2; n < 50; n++) store.update('openai', 'j1', { newEvents: [step(n, 2 / n)] });
    store.update('openai', 'j2', { job: aJob({ id: 'j2', status: 'queued' }) });
    await vi.waitUntil(() => rowsOf().size === 2, { timeout: 5000 });
    expect(rowsOf().get('j1')?.values).toMatchObject({ 'last.train_loss': 2 / 49, step: 49 });
    expect(messages).toHaveLength(2);
    await store.remove('openai', 'j2');
    await vi.waitUntil(() => rowsOf().size === 1, { timeout: 5000 });
  });

  it('shows what the newest evaluation of a model says, as soon as it is found', async () => {
    store.update('openai', 'j1', {
      job: aJob({ id: 'j1', status: 'succeeded', fineTunedModel: 'ft:gpt-4o-mini:p:pricer:1' }),
    });
    await openTable();
    expect(rowsOf().get('j1')?.runId).toBeNull();
    const fact = { metric: 'mae', value: 79.5, against: 'gpt-4o-mini', claim: 'better', typical: null } as const;
    const run = { config: runConfig(20), status: 'finished', answered: 20, elsewhere: null, fact } as const;
    runs = [run, { ...run, config: runConfig(20, { id: 'older' }), fact: { ...fact, value: 1 } }];
    runChanged();
    await vi.waitUntil(() => rowsOf().get('j1')?.runId === 'run-1', { timeout: 5000 });
    expect(rowsOf().get('j1')?.values).toMatchObject({
      'eval.mae': 79.5,
      evaluation: 'mean error 79.50 · better than gpt-4o-mini',
    });
    receive({ type: 'openJobRun', runId: 'run-1' });
    await vi.waitUntil(() => openedRuns.length > 0, { timeout: 5000 });
    expect(openedRuns).toEqual(['run-1']);
  });

  it('keeps stars on the disk, where another window finds them', async () => {
    store.update('openai', 'j1', { job: aJob({ id: 'j1' }) });
    await openTable();
    receive({ type: 'starJob', job: { connectionId: 'openai', jobId: 'j1' }, starred: true });
    expect(store.get('openai', 'j1')?.local.starred).toBe(true);
    await store.flush();
    const other = new JobStore({ folder: path.join(folder, 'jobs') });
    await other.load();
    expect(other.get('openai', 'j1')?.local.starred).toBe(true);
    await other.dispose();
  });

  it('runs the commands of jobs, and names a renamed connection', async () => {
    store.update('openai', 'j1', { job: aJob({ id: 'j1' }) });
    await openTable();
    const job = { connectionId: 'openai', jobId: 'j1' };
    receive({ type: 'openJobRow', job });
    receive({ type: 'compareJobCharts', jobs: [job, job] });
    receive({ type: 'startJob' });
    expect(editor.ran).toEqual([
      [COMMANDS.openJob, job],
      [COMMANDS.compareCharts, [job, job]],
      [COMMANDS.startFineTuning],
    ]);
    connections = [{ ...LAB, name: 'Work' }];
    connectionsChanged();
    await vi.waitUntil(() => rowsOf().get('j1')?.values['connection'] === 'Work', { timeout: 5000 });
  });

  it('shows a sweep once, and leaves what the user chose after it', async () => {
    const table = await openTable();
    const states = () =>
      messages.flatMap((message) =>
        message.type === 'state' && message.state.panel === 'jobs' ? [message.state] : [],
      );
    table.showSweep('sweep-1');
    expect(messages.filter(({ type }) => type === 'showSweep')).toEqual([{ type: 'showSweep', id: 'sweep-1' }]);
    connectionsChanged();
    await vi.waitUntil(() => states().length === 2, { timeout: 5000 });
    expect(states().map(({ shownSweep }) => shownSweep)).toEqual([null, null]);
  });

  it('shows a sweep in a page that is not ready, as soon as it is', async () => {
    const { all, rows } = await services();
    new JobsPanel(all as unknown as JobsPanelServices, panelDouble(), rows).showSweep('sweep-1');
    expect(messages).toEqual([]);
    receive({ type: 'ready' });
    receive({ type: 'ready' });
    expect(messages.flatMap((message) => ('state' in message ? [message.state] : []))).toMatchObject([
      { shownSweep: 'sweep-1' },
      { shownSweep: null },
    ]);
  });

  it('knows what became of auto from the start of the job', async () => {
    const asked = { n_epochs: 'auto', batch_size: 2, learning_rate_multiplier: 'auto' } as const;
    const hyperparameters = { n_epochs: 3, batch_size: 2, learning_rate_multiplier: 'auto' } as const;
    store.update('openai', 'j1', { job: aJob({ id: 'j1', hyperparameters }), local: { askedHyperparameters: asked } });
    await store.flush();
    const other = new JobStore({ folder: path.join(folder, 'jobs') });
    await other.load();
    expect(other.get('openai', 'j1')?.local.askedHyperparameters).toEqual(asked);
    await other.dispose();
    await openTable();
    expect(rowsOf().get('j1')?.automatic).toEqual(['set.n_epochs']);
  });
});

describe('compared charts', () => {
  /** What a page makes of the messages so far. */
  function curveOf(job: string): MetricColumns {
    let curve = new MetricColumns();
    for (const message of messages) {
      if (message.type === 'state') curve = new MetricColumns();
      if (message.type === 'comparePatch' && message.job === `openai ${job}`) curve.merge(message.curve);
    }
    return curve;
  }
  function changes() {
    return messages.flatMap((message) => (message.type === 'compareChanges' ? message.changes : []));
  }

  it('get the curve of each job, then the steps that are new', async () => {
    store.update('openai', 'a', { job: aJob({ id: 'a' }), newEvents: [step(2, 1), step(1, 2)] });
    store.update('openai', 'b', { job: aJob({ id: 'b', status: 'succeeded' }), newEvents: [step(1, 5)] });
    await openCompared('b', 'a', 'unknown');
    const [state] = messages;
    if (state?.type !== 'state' || state.state.panel !== 'compare') throw new Error('No state came.');
    expect(state.state.jobs.map(({ row, isLive, curveRows }) => [row.jobId, isLive, curveRows])).toEqual([
      ['b', false, 1],
      ['a', true, 2],
    ]);
    expect(state.state.missing).toBe(1);
    await vi.waitUntil(() => curveOf('a').length === 2 && curveOf('b').length === 1, { timeout: 5000 });
    const before = messages.length;
    for (let n = 3; n < 40; n++) store.update('openai', 'a', { newEvents: [step(n, 1 / n)] });
    await vi.waitUntil(() => curveOf('a').length === 39, { timeout: 5000 });
    expect(messages.slice(before)).toHaveLength(1);
    const [patch] = messages.slice(before);
    expect(patch).toMatchObject({ type: 'comparePatch', facts: { curveRows: 39 } });
    expect([...curveOf('a').series('train_loss').ys].slice(0, 3)).toEqual([2, 1, 1 / 3]);
  });

  it('count the rows that the data of a job has more and less than that of the first', async () => {
    const write = async (name: string, rows: readonly string[]): Promise<string> => {
      const file = path.join(folder, name);
      await writeFile(file, `${rows.join('\n')}\n`);
      return file;
    };
    const put = (id: string, trainingPath: string | null, sourceSha256: string | null): void => {
      store.update('openai', id, { job: aJob({ id }), local: { trainingPath, sourceSha256 } });
    };
    put('a', await write('a', ['{"a":1}', '{"a":2}', '{"a":2}', '', '{"a":3}']), 'h1');
    put('b', await write('b', ['{"a":3}', '{"a":3}', '{"a":2}  ', '{"a":4}']), 'h2');
    put('same', await write('c', []), 'h1');
    put('away', path.join(folder, 'missing'), 'h3');
    put('unknown', null, null);
    await openCompared('a', 'b', 'same', 'away', 'unknown');
    await vi.waitUntil(() => changes().length > 0, { timeout: 5000 });
    expect(changes()).toEqual([
      { job: 'openai b', rows: { added: 2, removed: 2, kept: 2 } },
      { job: 'openai away', rows: null },
      { job: 'openai unknown', rows: null },
    ]);
    expect(rowKey({ connectionId: 'openai', jobId: 'b' })).toBe('openai b');
  });

  it('open a job', async () => {
    store.update('openai', 'a', { job: aJob({ id: 'a' }) });
    await openCompared('a');
    receive({ type: 'openJobRow', job: { connectionId: 'openai', jobId: 'a' } });
    expect(editor.ran).toEqual([[COMMANDS.openJob, { connectionId: 'openai', jobId: 'a' }]]);
  });

  it('write their charts beside the dataset of the first job, and nothing when the dialog is closed', async () => {
    store.update('openai', 'a', { job: aJob({ id: 'a' }), local: { sourcePath: '/data/prices.jsonl' } });
    const asked: string[] = [];
    ui = {
      saveDialog: ({ defaultUri }: { readonly defaultUri: vscode.Uri }) =>
        Promise.resolve(void asked.push(defaultUri.fsPath)),
    };
    await openCompared('a');
    receive({ type: 'exportCharts', format: 'csv', data: 'step\r\n' });
    await vi.waitUntil(() => asked.length > 0, { timeout: 5000 });
    expect(asked).toEqual([path.join('/data', 'jobs-charts.csv')]);
  });
});
