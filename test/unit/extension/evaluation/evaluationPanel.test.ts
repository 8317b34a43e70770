// The extension's side of an evaluation panel: what it sends, and what it does with the page's questions.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig, TestItem } from '../../../../src/core/evaluation/types.ts';
import { EvaluationRun } from '../../../../src/evals/runner.ts';
import type { EvaluationPanelState } from '../../../../src/protocol/evaluationPanel.ts';
import { parseToPanel, type FromPanel, type ToPanel } from '../../../../src/protocol/panelMessages.ts';

vi.mock('vscode', async () => {
  const { vscodeDouble } = await import('../../../support/vscodeDouble.ts');
  return { ...vscodeDouble(), Uri: { joinPath: () => ({ toString: () => '' }) } };
});
const { EvaluationPanel } = await import('../../../../src/extension/evaluation/panel/evaluationPanel.ts');

const SHA = 'a'.repeat(64);
const items: readonly TestItem[] = [0, 1, 2].map((index) => ({
  index,
  line: index + 1,
  title: `Item ${String(index)}`,
  // The first and the last prompt are equal.
  messages: [{ role: 'user', content: `How much is ${String(index % 2)}?` }],
  truth: '10',
}));
const configOf = (id: string): RunConfig => ({
  v: 1,
  id,
  createdAt: 1_700_000_000_000,
  name: 'prices.test.jsonl',
  testFile: { path: '/data/prices.test.jsonl', sha256: SHA, items: 3 },
  contestants: [
    { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'lab', model: 'ft:gpt-4o-mini-2024-07-18:x' },
    { id: 'constant', kind: 'constant', label: 'constant', constant: '9' },
  ],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 2,
  jobId: 'ftjob-1',
});

let folder: string;
let runs: EvaluationRun[];
const sent: ToPanel[] = [];
const tried: unknown[][] = [];
let receive: (message: FromPanel) => void;
let title: string;

async function finished(id: string, answer = '$12'): Promise<EvaluationRun> {
  const run = await EvaluationRun.create(folder, configOf(id), items);
  runs.push(run);
  await run.start(SHA, { ask: () => Promise.resolve({ text: answer, finishReason: 'stop' }) });
  return run;
}

function openPanel(run: EvaluationRun, isReady = true): InstanceType<typeof EvaluationPanel> {
  sent.length = 0;
  tried.length = 0;
  const webview = {
    cspSource: '',
    html: '',
    options: {},
    asWebviewUri: () => ({ toString: () => '' }),
    onDidReceiveMessage: (listener: typeof receive) => {
      receive = listener;
    },
    postMessage: (message: ToPanel) => {
      sent.push(message);
      return Promise.resolve(true);
    },
  };
  const window = { webview, onDidDispose: () => undefined, title: '', reveal: () => undefined };
  const services = {
    log: { warn: () => undefined, error: () => undefined },
    jobs: {
      load: () => Promise.resolve(),
      get: () => ({ local: { trainingPath: '/data/train.jsonl' } }),
    },
    connections: { list: () => Promise.resolve([{ id: 'lab', kind: 'openai', name: 'Lab', baseUrl: '' }]) },
    providers: {
      get: () => Promise.resolve({ chat: () => Promise.resolve({ text: 'about 11', finishReason: 'stop' }) }),
    },
    datasets: {
      compareFormats: () => Promise.resolve([{ message: 'The system message differs.' }]),
      neighbors: (...args: unknown[]) =>
        Promise.resolve([{ line: 4, question: String(args[1]), answer: '10', similarity: 1 }]),
    },
  };
  const panel = new EvaluationPanel(services as never, window as never, run, (...args) => {
    tried.push(args);
    return Promise.resolve();
  });
  title = window.title;
  if (isReady) receive({ type: 'ready' });
  return panel;
}

const last = <T extends ToPanel['type']>(type: T) =>
  vi.waitUntil(() => sent.findLast((message) => message.type === type) as Extract<ToPanel, { type: T }> | undefined);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-panel-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) await run.dispose();
  await rm(folder, { recursive: true });
});

describe('an evaluation panel', () => {
  it('is named after model and test file, and sends what its page expects', async () => {
    openPanel(await finished('run-1'));
    expect(title).toBe('pricer on prices.test.jsonl');
    const { state } = await last('state');
    expect(parseToPanel(JSON.parse(JSON.stringify({ type: 'state', state })))).toBeDefined();
    expect((state as EvaluationPanelState).question).toEqual({ primary: 'mae', matters: 0.1, baseline: 'constant' });
    await vi.waitUntil(() =>
      sent.some((message) => message.type === 'evaluationPatch' && message.patch.formats?.length === 1),
    );
    const { patch } = await last('evaluationPatch');
    expect(patch).toMatchObject({
      rows: [],
      formats: ['The system message differs.'],
      hasTraining: true,
      prices: [{ contestant: 'tuned', input: 0.3, output: 1.2 }],
    });
  });

  it('answers with the row, and with its nearest training examples a moment later', async () => {
    openPanel(await finished('run-1'));
    await vi.waitUntil(() =>
      sent.some((message) => message.type === 'evaluationPatch' && message.patch.hasTraining === true),
    );
    receive({ type: 'showRow', item: 1 });
    expect((await last('row')).samples[0]).toEqual({ contestant: 'tuned', sample: '$12', message: null });
    expect((await last('neighbors')).neighbors).toEqual([
      { line: 4, question: 'How much is 1?', answer: '10', similarity: 1 },
    ]);
    receive({ type: 'showRow', item: 99 });
    await new Promise(setImmediate);
    expect(sent.filter(({ type }) => type === 'row')).toHaveLength(1);
  });

  it('asks again without keeping the answer, and only contestants that have a model', async () => {
    const run = await finished('run-1');
    const before = run.rows;
    openPanel(run);
    receive({ type: 'askAgain', item: 0, contestant: 'constant' });
    receive({ type: 'askAgain', item: 0, contestant: 'tuned' });
    const { row } = await last('askedAgain');
    expect(row).toMatchObject({
      contestant: 'tuned',
      item: 0,
      sample: 'about 11',
      guess: 11,
      error: 1,
      colour: 'green',
    });
    expect(sent.filter(({ type }) => type === 'askedAgain')).toHaveLength(1);
    expect(run.rows).toEqual(before);
  });

  it('opens a row where its model is tried', async () => {
    openPanel(await finished('run-1'));
    receive({ type: 'openInTry', item: 2, contestant: 'tuned' });
    await vi.waitUntil(() => tried.length > 0);
    expect(tried).toEqual([['lab', 'ft:gpt-4o-mini-2024-07-18:x', '/data/prices.test.jsonl', 3]]);
  });

  it('shows the models of another run under its own items', async () => {
    const panel = openPanel(await finished('run-1'));
    await panel.compareWith(await finished('run-2', '$20'));
    const { guests } = await last('guests');
    expect(guests?.shared).toBe(3);
    expect(guests?.contestants.map(({ id, label }) => [id, label])).toEqual([
      ['run-2 tuned', expect.stringMatching(/^pricer \(.+\)$/)],
    ]);
    const rows = guests?.rows.filter(({ contestant }) => contestant === 'run-2 tuned') ?? [];
    expect(rows.map(({ item, error }) => [item, error]).toSorted()).toEqual([
      [0, 10],
      [1, 10],
      [2, 10],
    ]);
    receive({ type: 'dismissGuests' });
    await vi.waitUntil(() => sent.some((message) => message.type === 'guests' && message.guests === null));
  });

  it('asks for the report, and shows the other run, once its page is there', async () => {
    const [run, other] = [await finished('run-1'), await finished('run-2')];
    const panel = openPanel(run, false);
    panel.wantReport();
    await panel.compareWith(other);
    expect(sent).toEqual([]);
    receive({ type: 'ready' });
    await last('guests');
    await last('wantReport');
    const types = sent.map(({ type }) => type);
    expect(types.indexOf('state')).toBe(0);
    expect(types.lastIndexOf('wantReport')).toBeGreaterThan(types.indexOf('evaluationPatch'));
  });

  it('writes no report that nobody asked for', async () => {
    openPanel(await finished('run-1'));
    receive({ type: 'report', markdown: '# x', pictures: [] });
    await new Promise(setImmediate);
    // A dialog would fail here: there is no user.
    expect(sent.some(({ type }) => type === 'wantReport')).toBe(false);
  });
});
