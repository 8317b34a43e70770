import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../../src/core/provider/connection.ts';
import type { ListJobsQuery } from '../../../../../src/core/provider/api.ts';
import { NO_FILTER } from '../../../../../src/core/training/jobFilter.ts';
import { jobCost, costInWords, quotedPrice } from '../../../../../src/core/training/jobCost.ts';
import { PRICES } from '../../../../../src/core/cost/prices.ts';
import {
  tagsOf,
  validateKey,
  validateWandbName,
} from '../../../../../src/extension/fineTuning/wizard/advancedSteps.ts';
import { hyperparametersFor } from '../../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { jobContext, jobItem, jobTooltip } from '../../../../../src/extension/jobs/tree/jobItems.ts';
import { JobsTree, type JobNode } from '../../../../../src/extension/jobs/tree/jobsTree.ts';
import { statusText } from '../../../../../src/extension/jobs/tree/jobStatusBar.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../../src/jobs/store/jobRecord.ts';
import { JobStore } from '../../../../../src/jobs/store/store.ts';
import { aHistory, aJob, aMetric, anEvent } from '../../../../support/jobBuilders.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const connection: Connection = { id: 'c', kind: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1' };
const nothing = (): { dispose: () => void } => ({ dispose: () => undefined });

let folder: string;
let jobs: JobStore;
let asked: ListJobsQuery[];
let tree: JobsTree;
const logged: string[] = [];

/** Number of jobs at the provider, newest first: `job-1203`, `job-1202`, … */
function open(count: number): void {
  tree = new JobsTree({
    jobs,
    connections: { list: () => Promise.resolve([connection]), onDidChange: nothing },
    watch: { onDidChange: nothing, problem: () => null, setVisible: nothing, age: () => null },
    log: { warn: (line: string) => logged.push(line) },
    starts: { onDidChange: nothing, list: () => [] },
    providers: {
      connection: () => Promise.resolve(connection),
      get: () =>
        Promise.resolve({
          listJobs: (query: ListJobsQuery) => {
            asked.push(query);
            const from = query.after === undefined ? count - 1 : Number(query.after.slice('job-'.length)) - 1;
            const page = Array.from({ length: Math.min(query.limit ?? 20, from + 1) }, (_, n) => numbered(from - n));
            const last = from - page.length;
            return Promise.resolve({ jobs: page, next: last < 0 ? null : `job-${String(last + 1)}` });
          },
        }),
    },
  } as unknown as ConstructorParameters<typeof JobsTree>[0]);
}

const numbered = (n: number) =>
  aJob({ id: `job-${String(n)}`, createdAt: 1_700_000_000 + n, status: n % 10 === 0 ? 'failed' : 'succeeded' });
const root: JobNode = { kind: 'connection', connection, connectionId: 'c', id: 'c' };
async function shown(): Promise<{ readonly ids: readonly string[]; readonly more: number | null }> {
  const nodes = await tree.getChildren(root);
  const more = nodes.find((node) => node.kind === 'more');
  return {
    ids: nodes.flatMap((node) => (node.kind === 'job' ? [node.jobId] : [])),
    more: more?.kind === 'more' ? more.hidden : null,
  };
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-tree-'));
  // These tests do not depend on the disk.
  jobs = new JobStore({ folder, writeEveryMs: 3_600_000 });
  asked = [];
});
afterEach(async () => {
  await jobs.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('thousands of jobs', () => {
  it('are shown a page at a time, then asked for a page at a time', async () => {
    for (let n = 1203; n > 1183; n--) jobs.update('c', `job-${String(n)}`, { job: numbered(n) });
    open(1204);
    expect(await shown()).toMatchObject({ more: 0 });
    await tree.loadMore('c');
    expect((await shown()).ids).toHaveLength(100);
    expect(asked).toEqual([{ limit: 100 }]);
    for (let clicks = 0; clicks < 12; clicks++) await tree.loadMore('c');
    const all = await shown();
    expect(all.ids).toHaveLength(1204);
    expect(all.more).toBeNull();
    expect(asked).toHaveLength(13);
    // Newest first, each once.
    expect(all.ids[0]).toBe('job-1203');
    expect(new Set(all.ids).size).toBe(1204);
    // No notification about the end of a job that was only read.
    expect(jobs.list().every(({ local }, index) => index < 20 || local.notified)).toBe(true);
  });

  it('need no further request when the list is short', async () => {
    for (let n = 0; n < 7; n++) jobs.update('c', `job-${String(n)}`, { job: numbered(n) });
    open(7);
    expect(await shown()).toMatchObject({ more: null });
    await tree.loadMore('c');
    expect(asked).toEqual([]);
  });

  it('are filtered without forgetting the rest, and older ones can still be looked through', async () => {
    for (let n = 0; n < 300; n++) jobs.update('c', `job-${String(n)}`, { job: numbered(n) });
    jobs.update('c', 'job-10', { local: { hidden: true } });
    open(300);
    tree.setFilter({ ...NO_FILTER, statuses: ['failed'] });
    await tree.getChildren();
    expect(tree.view.message).toBe('Filtered by failed: 29 of 300 jobs.');
    expect((await shown()).ids).toHaveLength(29);
    tree.setFilter({ ...NO_FILTER, statuses: ['failed'], withHidden: true, text: 'job-10' });
    expect((await shown()).ids).toEqual(['job-100', 'job-10']);
    tree.setFilter(NO_FILTER);
    await tree.getChildren();
    expect(tree.view.message).toBe('');
    expect(await shown()).toMatchObject({ more: 199 });
  });
});

describe('a job that is to be selected', () => {
  it('stays unselected, with a line in the log, where a redraw took its row away', async () => {
    jobs.update('c', 'job-1', { job: numbered(1) });
    open(1);
    await tree.getChildren();
    const reveal = vi.fn(() => Promise.reject(new Error('Cannot resolve tree item for element 1/job c job-1')));
    Object.assign(tree.view, { reveal });
    await tree.reveal({ connectionId: 'c', jobId: 'job-1' });
    expect(reveal).toHaveBeenCalledOnce();
    expect(logged.at(-1)).toMatch(/^The job job-1 could not be selected in its view: .*Cannot resolve tree item/);
  });
});

describe('what a tree says of time and steps', () => {
  const minute = 60_000;
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws a job again when the time since its end has other words, and no other one', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const now = Date.now() / 1000;
    const over = { status: 'succeeded', fineTunedModel: 'ft:base-1' } as const;
    jobs.update('c', 'new', { job: aJob({ ...over, id: 'new', finishedAt: now - 5 }) });
    jobs.update('c', 'old', { job: aJob({ ...over, id: 'old', finishedAt: now - 86_400 * 30.5 }) });
    open(0);
    const nodes = (await tree.getChildren(root)).filter(({ kind }) => kind === 'job');
    const described = (): Record<string, unknown> =>
      Object.fromEntries(
        nodes.map((node) => [node.kind === 'job' ? node.jobId : '', tree.getTreeItem(node).description]),
      );
    expect(described()['new']).toContain('just now');
    const redrawn: (string | undefined)[] = [];
    tree.onDidChangeTreeData((node) => {
      redrawn.push(node?.kind === 'job' ? node.jobId : undefined);
      if (node) tree.getTreeItem(node);
    });
    await vi.advanceTimersByTimeAsync(7 * minute);
    expect(described()).toMatchObject({
      new: expect.stringContaining('7 min ago') as string,
      old: expect.stringContaining('30 days ago') as string,
    });
    expect(redrawn).toEqual(Array.from({ length: 7 }, () => 'new'));
    tree.dispose();
    await vi.advanceTimersByTimeAsync(5 * minute);
    expect(redrawn).toHaveLength(7);
  });

  it('has the settings of open-weights training in the details, and what auto became', async () => {
    const ref = { connectionId: 'c', jobId: 'ftjob-1' };
    const advanced = { lora_rank: 8, max_length: 512, packing: false, target_modules: ['\u202eq_proj'] };
    const asked = { askedHyperparameters: aJob().hyperparameters, askedAdvanced: { lora_rank: 8 } };
    open(0);
    const details = async (): Promise<readonly (readonly [unknown, unknown])[]> =>
      (await tree.getChildren({ kind: 'group', group: 'details', ...ref }))
        .map((node) => tree.getTreeItem(node))
        .map(({ label, description }) => [label, description]);
    jobs.update('c', ref.jobId, { job: aJob() });
    expect((await details()).map(([label]) => label)).not.toContain('LoRA rank');
    jobs.update('c', ref.jobId, { job: aJob({ advanced }) });
    expect(await details()).toEqual(expect.arrayContaining([['Maximum length', '512']]));
    jobs.update('c', ref.jobId, { local: asked });
    const rows = await details();
    expect(
      rows.filter(([label]) => String(label) === 'Target modules').map(([, text]) => String(text))[0],
    ).not.toContain('\u202e');
    expect(rows).toEqual(
      expect.arrayContaining([
        ['LoRA rank', '8'],
        ['Maximum length', '512 (auto)'],
        ['Packing', 'off'],
      ]),
    );
    expect(rows.map(([label]) => label)).not.toContain('LoRA alpha');
  });

  it('keeps a line a step out of the events, and leads to the log that has them', async () => {
    const ref = { connectionId: 'c', jobId: 'ftjob-1' };
    const steps = Array.from({ length: 300 }, (_, n) =>
      anEvent({
        id: `step-${String(n)}`,
        message: `Step ${String(n + 1)}`,
        // The end of one epoch among the steps.
        metrics: aMetric({ step: n + 1, trainLoss: 1, fullValidLoss: n === 99 ? 2 : null }),
      }),
    );
    const told = [
      anEvent({ id: 'first', message: 'Created' }),
      anEvent({ id: 'warning', message: 'Odd', level: 'warn' }),
    ];
    jobs.update('c', ref.jobId, { job: aJob(), newEvents: [...steps, ...told].reverse() });
    open(0);
    const group: JobNode = { kind: 'group', group: 'events', ...ref };
    const rows = (await tree.getChildren(group)).map((node) => tree.getTreeItem(node));
    expect(rows.map(({ label }) => label).sort()).toEqual(['Created', 'Odd', 'Step 100', 'Steps']);
    expect(rows[0]).toMatchObject({ label: 'Steps', description: '299 in the log' });
    expect(rows[0]?.command?.command).toBe('tuningFork.showJobEvents');
    expect(tree.getTreeItem(group).description).toMatch(/^3 · /);
  });
});

describe('a job in the tree', () => {
  const record = (job: Parameters<typeof aJob>[0], more: Partial<JobRecord> = {}): JobRecord => ({
    connectionId: 'c',
    job: aJob(job),
    ...aHistory(),
    checkpoints: [],
    local: { ...NO_LOCAL_FACTS, startedHere: true },
    complete: false,
    gone: false,
    seenAt: 0,
    ...more,
  });
  const model = 'ft:gpt-4o-mini-2024-07-18:acme:pricer:Ab12Cd34';

  it('F28: stays with what was seen of it when the provider forgot it', () => {
    const gone = record({ status: 'running' }, { gone: true });
    expect(jobItem(gone, connection).description).toBe('no longer at the provider');
    expect(jobContext(gone, connection)).not.toContain('active');
    expect(jobTooltip(gone, connection)).toContain('Its last known state is kept on this machine.');
  });

  it('F29: of another tool is shown only, until it is taken over', () => {
    const foreign = record({ status: 'running' }, { local: NO_LOCAL_FACTS });
    expect(jobContext(foreign, connection)).toBe('job foreign hasFile dashboard shown');
    const taken = { ...foreign, local: { ...NO_LOCAL_FACTS, adopted: true } };
    expect(jobContext(taken, connection)).toBe('job own active pausable hasFile dashboard shown');
  });

  it('can be exported where an adapter of it is on this machine', () => {
    const tuned = record({ status: 'succeeded', fineTunedModel: 'ft:tiny:local:pricer:1' });
    const words = (['local', 'ray', 'compatible'] as const).map((kind) =>
      jobContext(tuned, { ...connection, kind }).includes('exportable'),
    );
    expect(words).toEqual([true, true, false]);
    const linear = record({ status: 'succeeded', fineTunedModel: 'ft:local-linear-1:local:pricer:1' });
    expect(jobContext(linear, { ...connection, kind: 'local' })).not.toContain('exportable');
  });

  it('F30: tells the days its model has left', () => {
    const now = Date.UTC(2026, 10, 23);
    const done = record({ status: 'succeeded', fineTunedModel: model, model: 'gpt-4o-mini-2024-07-18' });
    expect(jobItem(done, connection, now).description).toContain('52 days left');
    expect(jobTooltip(done, connection, now)).toContain('Jan 14, 2027');
    expect(jobItem(done, connection, Date.UTC(2026, 5, 1)).description).not.toContain('days left');
  });

  it('shows an unknown status as it is', () => {
    expect(jobItem(record({ status: 'warming_up' }), connection).description).toBe('warming up');
  });

  it('tells what it cost next to the estimate', () => {
    const job = { model: 'gpt-4o-mini-2024-07-18', trainedTokens: 46_018, status: 'succeeded', fineTunedModel: model };
    const local = { ...NO_LOCAL_FACTS, priceEstimate: 0.15 };
    expect(jobTooltip(record(job, { local }), connection)).toContain('Price: cost about $0.14, $0.15 estimated');
    expect(jobCost(aJob({ ...job, method: 'reinforcement' }), connection, PRICES)).toBeNull();
    expect(jobCost(aJob(job), { kind: 'local', baseUrl: '' }, PRICES)).toBe(0);
    expect(quotedPrice({ kind: 'local' }, { usd: 0 })).toBe(0);
    expect(quotedPrice({ kind: 'ray' }, { usd: 0 })).toBeNull();
    expect([costInWords(null, null), costInWords(0, 0.2), costInWords(null, 0), costInWords(null, 0.34)]).toEqual([
      null,
      'free',
      'free',
      'about $0.34 estimated',
    ]);
  });

  it('stands in the status bar with the nearest finish', () => {
    const stepped = (name: string, secondsAStep: number): JobRecord =>
      record(
        { status: 'running' },
        {
          local: { ...NO_LOCAL_FACTS, name },
          ...aHistory({
            events: [
              anEvent({ id: 'b', createdAt: 4 * secondsAStep, metrics: aMetric({ step: 5, totalSteps: 11 }) }),
              anEvent({ id: 'a', createdAt: 0, metrics: aMetric({ step: 1, totalSteps: 11 }) }),
            ],
          }),
        },
      );
    expect(statusText([stepped('pricer', 10)], 0)).toBe('$(sync~spin) pricer · 1 min left');
    expect(statusText([stepped('a', 10), stepped('b', 60)], 0)).toBe('$(sync~spin) 2 jobs · 1 min left');
    expect(statusText([record({ status: 'paused', suffix: 'x' })], 0)).toBe('$(debug-pause) x');
  });
});

describe('what is asked under Advanced', () => {
  it('judges names of metadata', () => {
    expect(validateKey('ticket', {})).toBeNull();
    expect(validateKey('ticket', { ticket: 'x' })).toContain('already');
    expect(validateKey('tuning_fork_intent', {})).toContain('are reserved');
    expect(validateKey('__proto__', {})).not.toBeNull();
    expect(validateKey('x'.repeat(65), {})).toContain('64');
  });

  it('takes tags apart and knows names of projects', () => {
    expect(tagsOf(' a, b,,a ')).toEqual(['a', 'b']);
    expect(validateWandbName('gpt-pricer_1.0')).toBeNull();
    expect(validateWandbName('a/b')).not.toBeNull();
  });

  it('sends only what the method knows', () => {
    const typed = {
      n_epochs: 2,
      batch_size: 'auto',
      learning_rate_multiplier: 'auto',
      beta: 0.3,
      reasoning_effort: 'low',
    } as const;
    expect(
      hyperparametersFor({
        method: 'supervised',
        connection: { id: 'o', kind: 'openai', name: 'O', baseUrl: '' },
        hyperparameters: typed,
      }),
    ).toEqual({
      n_epochs: 2,
      batch_size: 'auto',
      learning_rate_multiplier: 'auto',
    });
    expect(
      hyperparametersFor({
        method: 'dpo',
        connection: { id: 'o', kind: 'openai', name: 'O', baseUrl: '' },
        hyperparameters: typed,
      }),
    ).toMatchObject({ beta: 0.3 });
    expect(
      hyperparametersFor({
        method: 'reinforcement',
        connection: { id: 'o', kind: 'openai', name: 'O', baseUrl: '' },
        hyperparameters: typed,
      }),
    ).toMatchObject({
      reasoning_effort: 'low',
      eval_interval: 'auto',
    });
    expect(
      hyperparametersFor({
        method: 'reinforcement',
        connection: { id: 'o', kind: 'openai', name: 'O', baseUrl: '' },
        hyperparameters: typed,
      }),
    ).not.toHaveProperty('beta');
  });
});
