// The panel of a job from the extension's side: which messages the page gets, with a real store behind it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Connection } from '../../../../../src/core/provider/connection.ts';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import type { JobEvent } from '../../../../../src/core/training/job.ts';
import { EARLY_STOP_METADATA } from '../../../../../src/core/training/earlyStop.ts';
import { COMMANDS } from '../../../../../src/extension/contributions.ts';
import { fields, JobPanel, type JobPanelServices } from '../../../../../src/extension/jobs/panel/jobPanel.ts';
import { JobStore } from '../../../../../src/jobs/store/store.ts';
import { MOST_EVENTS, type JobPanelPatch, type JobPanelState } from '../../../../../src/protocol/jobPanel.ts';
import { parseToPanel } from '../../../../../src/protocol/panelMessages.ts';
import { aJob, aMetric, anEvent } from '../../../../support/jobBuilders.ts';
import { editor, fileUri } from '../../../../support/vscodeDouble.ts';
import { uiDouble } from '../../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

type Message = { type: 'state'; state: JobPanelState } | { type: 'jobPatch'; patch: JobPanelPatch };

const CONNECTION: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:1/v1' };
let folder: string;
let store: JobStore;
let messages: Message[];
let receive: (message: unknown) => void;
let dispose: () => void;
let keptViews: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  store = new JobStore({ folder, writeEveryMs: 1_000_000 });
  messages = [];
  keptViews = [];
  dispose = () => undefined;
});
afterEach(async () => {
  dispose();
  await store.dispose();
  await rm(folder, { recursive: true });
});

function openPanel(): void {
  const panel = {
    visible: true,
    title: '',
    webview: {
      cspSource: 'csp',
      asWebviewUri: (uri: unknown) => uri,
      onDidReceiveMessage: (listener: typeof receive) => {
        receive = listener;
      },
      postMessage: (message: Message) => {
        // Every message is one that the page takes, and shares no memory with the host.
        const copy = structuredClone(message);
        expect(parseToPanel(copy)).toEqual(copy);
        for (const { buffer, byteLength } of columnsOf(message)) expect(buffer.byteLength).toBe(byteLength);
        messages.push(copy);
        return Promise.resolve(true);
      },
    },
    onDidChangeViewState: vi.fn(),
    onDidDispose: (listener: () => void) => {
      dispose = listener;
    },
  } as unknown as vscode.WebviewPanel;
  const services = {
    ui: uiDouble(),
    log: { info: vi.fn(), error: vi.fn(), warn: vi.fn() },
    extensionUri: fileUri('/extension'),
    context: {
      globalState: {
        get: (_: string, fallback: unknown) => fallback,
        update: (_: string, value: unknown) => {
          keptViews.push(value);
          return Promise.resolve();
        },
      },
    },
    jobs: store,
    watch: { setVisible: vi.fn() },
  } as unknown as JobPanelServices;
  new JobPanel(services, panel, { connectionId: 'lab', jobId: 'j1' }, CONNECTION);
}

/** Columns of a message: VS Code sends the whole buffer of each. */
function columnsOf(message: Message): readonly (Float64Array | Uint32Array)[] {
  const { steps, times, series } = message.type === 'state' ? message.state.curve : message.patch.curve;
  const all = [steps, times, ...series.flatMap(({ rows, values }) => [rows, values])];
  return all.filter((column) => column !== null);
}

function stepEvent(step: number, more: Parameters<typeof aMetric>[0] = {}): JobEvent {
  const metrics = aMetric({ step, trainLoss: 1 / step, ...more });
  return anEvent({ id: `e${String(step)}`, createdAt: step, message: `Step ${String(step)}`, metrics });
}

/** What a page makes of the messages so far. */
function pageOf(all: readonly Message[]): MetricColumns {
  const curve = new MetricColumns();
  for (const message of all) {
    if (message.type === 'state') curve.clear();
    curve.merge(message.type === 'state' ? message.state.curve : message.patch.curve);
  }
  return curve;
}

describe('the page of a job', () => {
  it('gets its curve once, then only the steps that are new or changed, and the events that are new', async () => {
    store.update('lab', 'j1', { job: aJob({ id: 'j1' }), newEvents: [stepEvent(2), stepEvent(1)] });
    openPanel();
    receive({ type: 'ready' });
    expect(messages).toHaveLength(1);
    store.update('lab', 'j1', { newEvents: [stepEvent(3)] });
    const late = { ...stepEvent(2, { trainLoss: null, fullValidLoss: 7 }), id: 'late', createdAt: 9 };
    store.update('lab', 'j1', { newEvents: [late, stepEvent(3)] });
    await vi.waitUntil(() => messages.length === 2, { timeout: 5000 });
    const [, last] = messages;
    if (last?.type !== 'jobPatch') throw new Error('No patch came.');
    expect([...last.patch.curve.steps]).toEqual([2, 3]);
    expect(last.patch.events.map(({ id }) => id)).toEqual(['late', 'e3']);
    expect(last.patch.fields.eventCount).toBe(4);
    expect(pageOf(messages).points()).toEqual(store.get('lab', 'j1')?.curve.points());
  });

  it('writes the view of its charts once for many changes, and at the latest when it is closed', async () => {
    store.update('lab', 'j1', { job: aJob({ id: 'j1' }) });
    openPanel();
    receive({ type: 'chartView', view: { n: 1 } });
    receive({ type: 'chartView', view: { n: 2 } });
    await vi.waitUntil(() => keptViews.length > 0, { timeout: 5000 });
    receive({ type: 'chartView', view: { n: 3 } });
    dispose();
    expect(keptViews).toEqual([[['lab j1', { n: 2 }]], [['lab j1', { n: 3 }]]]);
    dispose = () => undefined;
  });

  it('evaluates both models, starts again with fewer epochs, and refuses what no page sends', () => {
    editor.reset();
    const checkpoints = [{ id: 'c', createdAt: 1, model: 'ft:x:ckpt-step-2', step: 2, metrics: aMetric({ step: 2 }) }];
    const job = aJob({ id: 'j1', status: 'succeeded', fineTunedModel: 'ft:x' });
    store.update('lab', 'j1', { job, checkpoints, newEvents: [stepEvent(2)] });
    openPanel();
    receive({ type: 'ready' });
    receive({ type: 'evaluateBoth', step: 2 });
    receive({ type: 'startAgain', epochs: 3 });
    receive({ type: 'startAgain', epochs: -3 });
    const ref = { connectionId: 'lab', jobId: 'j1' };
    expect(editor.ran).toEqual([
      [COMMANDS.evaluateModel, { connectionId: 'lab', model: 'ft:x:ckpt-step-2' }, { against: 'ft:x' }],
      [COMMANDS.startAgain, ref, { epochs: 3 }],
    ]);
  });

  it('is offered to cancel only where the checkpoints are known to outlive it, and the job does not stop by itself', () => {
    const offerOf = (kind: Connection['kind'], metadata: Readonly<Record<string, string>>) => {
      store.update('lab', 'j1', {
        job: aJob({ id: 'j1', status: 'running', metadata }),
        local: { priceEstimate: 4 },
      });
      const record = store.get('lab', 'j1');
      return record && fields(record, { ...CONNECTION, kind }).stopOffer;
    };
    expect(offerOf('local', {})).toEqual({ usd: 4 });
    expect(offerOf('local', EARLY_STOP_METADATA)).toBeUndefined();
    expect(offerOf('openai', {})).toBeUndefined();
    expect(offerOf('azure', {})).toBeUndefined();
  });

  it('gets the settings of open-weights training: what was asked for, and what was used', () => {
    const advanced = { lora_rank: 8, max_length: 512 };
    store.update('lab', 'j1', { job: aJob({ id: 'j1' }) });
    openPanel();
    receive({ type: 'ready' });
    const settings = (): unknown => {
      const record = store.get('lab', 'j1');
      return record && fields(record, CONNECTION).settings;
    };
    expect(settings()).toBeUndefined();
    store.update('lab', 'j1', { job: aJob({ id: 'j1', advanced }) });
    const used = (rank: string | null, length: string | null) => [
      { title: 'LoRA rank', value: '8', asked: rank },
      { title: 'Maximum length', value: '512', asked: length },
    ];
    expect(settings()).toEqual(used(null, null));
    // A request without settings asked for the defaults.
    const asked = { askedHyperparameters: aJob().hyperparameters, askedAdvanced: null };
    store.update('lab', 'j1', { local: asked });
    expect(settings()).toEqual(used('16', 'auto'));
    store.update('lab', 'j1', { local: { ...asked, askedAdvanced: { lora_rank: 8 } } });
    expect(settings()).toEqual(used('8', 'auto'));
    receive({ type: 'ready' });
    const last = messages.at(-1);
    expect(last?.type === 'state' && last.state.settings).toEqual(used('8', 'auto'));
  });

  it('gets the newest events, and how many there are', () => {
    const events = Array.from({ length: MOST_EVENTS + 30 }, (_, index) => stepEvent(index + 1)).reverse();
    store.update('lab', 'j1', { job: aJob({ id: 'j1' }), newEvents: events });
    openPanel();
    receive({ type: 'ready' });
    const [first] = messages;
    if (first?.type !== 'state') throw new Error('No state came.');
    expect(first.state.events.map(({ id }) => id)).toEqual(events.slice(0, MOST_EVENTS).map(({ id }) => id));
    expect(first.state.eventCount).toBe(MOST_EVENTS + 30);
  });

  it('gets a long curve in parts, whole, also when steps come meanwhile', async () => {
    store.update('lab', 'j1', { job: aJob({ id: 'j1' }) });
    const curve = store.get('lab', 'j1')?.curve;
    const steps = Float64Array.from({ length: 450_000 }, (_, row) => row + 1);
    const rows = Uint32Array.from({ length: 90_000 }, (_, index) => index * 5);
    curve?.merge({
      steps,
      times: null,
      series: [
        { name: 'train_loss', rows: null, values: steps.slice() },
        { name: 'valid_loss', rows, values: Float64Array.from(rows) },
      ],
    });
    openPanel();
    receive({ type: 'ready' });
    store.update('lab', 'j1', { newEvents: [stepEvent(450_001)] });
    await vi.waitUntil(() => pageOf(messages).length === 450_001, { timeout: 10_000 });
    expect(messages.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...messages.flatMap(columnsOf).map(({ length }) => length))).toBeLessThanOrEqual(200_000);
    expect(pageOf(messages).table()).toEqual(curve?.table());
    // A page that was loaded again gets everything again.
    const before = messages.length;
    receive({ type: 'ready' });
    await vi.waitUntil(() => messages.length >= before + 3, { timeout: 10_000 });
    expect(pageOf(messages.slice(before)).length).toBe(450_001);
  });

  it('is filled when the job is read after the page was ready', async () => {
    const other = new JobStore({ folder });
    other.update('lab', 'j1', { job: aJob({ id: 'j1' }), newEvents: [stepEvent(2), stepEvent(1)] });
    await other.dispose();
    openPanel();
    receive({ type: 'ready' });
    await store.load();
    await vi.waitUntil(() => messages.length === 2, { timeout: 5000 });
    expect(pageOf(messages).length).toBe(2);
  });
});
