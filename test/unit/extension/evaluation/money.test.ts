import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { RunRegistry } from '../../../../src/evals/registry.ts';
import type { EvaluationRun } from '../../../../src/evals/runner.ts';
import {
  evaluateModel,
  resumeEvaluation,
  type EvaluateServices,
} from '../../../../src/extension/evaluation/commands/evaluateModel.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { createDatasetService } from '../../../../src/worker/datasetService.ts';
import { pickyModel, REFUSED_PROMPTS } from '../../../support/faults/refusals.ts';
import { type FaultServer, startFaultServer } from '../../../support/faultServer.ts';
import { aHistory, aJob } from '../../../support/jobBuilders.ts';
import { priceRows, toJsonl } from '../../../support/priceData.ts';
import { CLOSED, uiDouble, type Line } from '../../../support/uiDouble.ts';

const editor = vi.hoisted(() => ({ settings: new Map<string, unknown>(), files: [] as string[] }));
vi.mock('vscode', async () => {
  const { vscodeDouble } = await import('../../../support/vscodeDouble.ts');
  class Uri {
    readonly scheme = 'file';
    readonly fsPath: string;
    readonly path: string;
    constructor(fsPath: string) {
      this.fsPath = fsPath;
      this.path = fsPath;
    }
  }
  return {
    ...vscodeDouble(),
    Uri,
    workspace: {
      isTrusted: true,
      textDocuments: [],
      asRelativePath: (file: string) => path.basename(file),
      findFiles: () => Promise.resolve(editor.files.map((file) => new Uri(file))),
      getConfiguration: () => ({ get: (id: string) => editor.settings.get(id) }),
    },
  };
});

const MODEL = 'gpt-4o-mini-2024-07-18';
const trained = priceRows(20, 1000);
const fresh = priceRows(20, 8000);

let server: FaultServer;
let folder: string;
let runs: RunRegistry;
let connection: Connection;
let base: string;

beforeEach(async () => {
  server = await startFaultServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  runs = new RunRegistry(path.join(folder, 'evaluations'));
  connection = { id: 'paid', kind: 'openai', name: 'Paid', baseUrl: 'https://api.openai.com/v1' };
  base = MODEL;
  editor.settings.clear();
  editor.files = [];
  server.reply = () => '50.00';
});
afterEach(async () => {
  await runs.dispose();
  await server.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, text);
  editor.files.push(full);
  return full;
}

const record = (local: Partial<JobRecord['local']>): JobRecord => ({
  connectionId: 'paid',
  job: aJob({ id: 'ftjob-1', model: base, fineTunedModel: `ft:${base}:acme:goods:Ab12` }),
  ...aHistory(),
  checkpoints: [],
  local: { ...NO_LOCAL_FACTS, name: 'goods', ...local },
  complete: true,
  gone: false,
  seenAt: 1,
});

function services(ui: ReturnType<typeof uiDouble>, local: Partial<JobRecord['local']> = {}): EvaluateServices {
  const job = record(local);
  const worker = createDatasetService(() => ({
    count: (text: string) => ({ tokens: Math.ceil(text.length / 4), estimated: false }),
    reset: () => undefined,
  }));
  const signal = new AbortController().signal;
  const datasets = Object.fromEntries(
    (['inspect', 'testItems', 'findLeakage', 'comparePrefix', 'countTokens', 'floors'] as const).map((method) => [
      method,
      (...args: unknown[]) => {
        const own = args.filter((argument) => !(argument instanceof AbortSignal));
        return (worker[method] as (given: unknown[], signal: AbortSignal) => Promise<unknown>)(own, signal);
      },
    ]),
  );
  return {
    jobs: { load: () => Promise.resolve(), list: () => [job], get: () => job },
    connections: { list: () => Promise.resolve([connection]), get: () => Promise.resolve(connection) },
    keys: { isShared: () => Promise.resolve(false) },
    providers: {
      get: () => Promise.resolve(createClient(server)),
      connection: () => Promise.resolve(connection),
    },
    datasets,
    runs,
    panels: { openRun: () => Promise.resolve(), isRunVisible: () => Promise.resolve(true) },
    log: { warn: () => undefined, info: () => undefined, error: () => undefined },
    ui,
  } as unknown as EvaluateServices;
}

const JOB = { connectionId: 'paid', jobId: 'ftjob-1' };
const chosenFile = (name: string): Line => ({ pick: /^Choose the file with the questions/, answer: name });
const start: Line = { pick: 'Start, or choose a line to change it', answer: '$(play) Start' };
/** Takes the number grader where the answers propose another one. */
const BY_NUMBER: readonly Line[] = [
  { ...start, answer: 'Grader' },
  { pick: /^How is a reply compared/, answer: 'Number' },
];
const pay = (words: RegExp, detail: RegExp, button: RegExp): Line => ({ modal: words, detail, answer: button });

const onlyRun = async (): Promise<EvaluationRun> => {
  const [head] = runs.list();
  const opened = await runs.open(head?.config.id ?? '');
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
};

/** A run of 20 items against two models of which `failed` rows failed, and the services to resume it with. */
async function runWithFailures(failed: RegExp): Promise<EvaluationRun> {
  await file('goods.test.jsonl', toJsonl(fresh));
  const refusal = REFUSED_PROMPTS[0];
  server.otherwise = (_route, { body }) =>
    failed.test(body) ? { kind: 'status', status: 400, body: refusal?.body } : { kind: 'ok' };
  const ui = uiDouble(
    chosenFile('goods.test.jsonl'),
    start,
    pay(/^Send 40 requests to Paid\?$/, /^At most about/, /^Start for at Most/),
  );
  await evaluateModel(services(ui), [JOB]);
  server.otherwise = () => ({ kind: 'ok' });
  return onlyRun();
}

describe('the rest of a paid evaluation', () => {
  it('names its price before it is asked, and asks what is left when the person pays', async () => {
    const run = await runWithFailures(/article 800[012]/);
    expect([run.status, run.remaining, server.ledger.chats.length]).toEqual(['finished', 6, 34]);
    const again = pay(
      /^Send 6 more requests to Paid\?$/,
      /^At most about \$0\.0\d+: [\d,]+ tokens/,
      /^Retry for at Most/,
    );
    await resumeEvaluation(services(uiDouble(again)), { runId: run.config.id });
    expect([run.remaining, server.ledger.chats.length]).toEqual([0, 40]);
  });

  it.each<typeof CLOSED | string>([CLOSED, "Don't Retry"])(
    'is not asked when the person answers %s',
    async (answer) => {
      const run = await runWithFailures(/article 8000/);
      const ui = uiDouble({ modal: /^Send 2 more requests to Paid\?$/, answer });
      await expect(resumeEvaluation(services(ui), { runId: run.config.id })).rejects.toBeInstanceOf(Cancelled);
      expect(server.ledger.chats).toHaveLength(38);
    },
  );

  it('is not asked above the cap', async () => {
    const run = await runWithFailures(/article 8000/);
    editor.settings.set('tuningFork.cost.cap', 0.000001);
    await expect(resumeEvaluation(services(uiDouble()), { runId: run.config.id })).rejects.toMatchObject({
      problem: { code: 'above-price-cap' },
    });
    expect(server.ledger.chats).toHaveLength(38);
  });

  it('whose price nobody knows says so', async () => {
    const run = await runWithFailures(/article 8000/);
    editor.settings.set('tuningFork.cost.prices', { mystery: 3 });
    const mystery = {
      ...run.config,
      id: 'mystery',
      contestants: run.config.contestants.map((contestant) =>
        contestant.model === undefined ? contestant : { ...contestant, model: 'mystery' },
      ),
    };
    await runs.create(mystery, run.items);
    const ui = uiDouble(
      pay(/^Send 40 more requests to Paid\?$/, /^Price unknown for mystery/, /^Resume at Unknown Price$/),
    );
    await resumeEvaluation(services(ui), { runId: 'mystery' });
    // Both contestants are the same model now: each item is asked once.
    expect(server.ledger.chats).toHaveLength(58);
  });

  it('whose price nobody knows is not asked under a cap', async () => {
    const run = await runWithFailures(/article 8000/);
    editor.settings.set('tuningFork.cost.cap', 1000);
    await file('mystery.test.jsonl', toJsonl(fresh));
    base = 'mystery';
    // A price for training says nothing about asking.
    editor.settings.set('tuningFork.cost.prices', { mystery: 3 });
    const ui = uiDouble(chosenFile('mystery.test.jsonl'), start);
    await expect(evaluateModel(services(ui), [JOB])).rejects.toMatchObject({
      problem: { code: 'price-unknown', action: 'Choose a model with a known price, or clear the cap.' },
    });
    expect([server.ledger.chats.length, runs.list().length]).toEqual([38, 1]);
    expect(run.remaining).toBe(2);
  });

  it('that costs nothing goes on without a question', async () => {
    const run = await runWithFailures(/article 8000/);
    connection = { ...connection, kind: 'local' };
    await resumeEvaluation(services(uiDouble()), { runId: run.config.id });
    expect(run.remaining).toBe(0);
  });
});

describe('the agreed price', () => {
  it('is a limit for what the provider counts: the run pauses, with its answers, before it is passed', async () => {
    await file('goods.test.jsonl', toJsonl(fresh));
    // Each prompt is said to have a thousand times the tokens that were counted before.
    server.otherwise = () => ({
      kind: 'json',
      value: {
        choices: [{ message: { content: '50.00' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 50_000, completion_tokens: 5 },
      },
    });
    const ui = uiDouble(
      chosenFile('goods.test.jsonl'),
      start,
      pay(/^Send 40 requests to Paid\?$/, /^At most about/, /^Start for at Most/),
    );
    await evaluateModel(services(ui), [JOB]);
    const run = await onlyRun();
    expect([run.status, run.notice?.code]).toEqual(['paused', 'cost-limit']);
    expect(run.notice?.message).toMatch(
      /^The next request could bring the cost above the limit of \$[\d.]+; \$[\d.]+ are spent\.$/,
    );
    const asked = run.rows.filter(({ contestant }) => contestant !== 'constant');
    expect(asked.length).toBeGreaterThan(0);
    // What was under way when the first answers came, and no more.
    expect(asked.length).toBeLessThanOrEqual(run.config.concurrency);
    expect(asked.every(({ status }) => status === 'graded')).toBe(true);
  });
});

describe('items without a number in their answer', () => {
  it('are named with their number before the start, and not asked', async () => {
    const rows = fresh.map((row, index) => (index < 3 ? { ...row, answer: 'Price is not known' } : row));
    await file('goods.test.jsonl', toJsonl(rows));
    const told = '3 of 20 items have no number in their expected answer and are not asked.';
    const ui = uiDouble(
      chosenFile('goods.test.jsonl'),
      ...BY_NUMBER,
      { ...start, offers: ['$(warning) Note'] },
      pay(/^Send 34 requests to Paid\?$/, new RegExp(told), /^Start for at Most/),
    );
    await evaluateModel(services(ui), [JOB]);
    const run = await onlyRun();
    expect([run.status, run.remaining, server.ledger.chats.length]).toEqual(['finished', 0, 34]);
  });

  it('only, start nothing', async () => {
    await file('goods.test.jsonl', toJsonl(fresh.map((row) => ({ ...row, answer: 'Price is not known' }))));
    const ui = uiDouble(chosenFile('goods.test.jsonl'), ...BY_NUMBER, start);
    await expect(evaluateModel(services(ui), [JOB])).rejects.toMatchObject({ problem: { code: 'nothing-to-grade' } });
    expect(server.requests).toEqual([]);
  });
});

describe("a test file that is the model's own training file", () => {
  const told = /^20 of 20 items are in the model's training file|20 of 20 items are in the model's training file/;

  it('is warned of in a step, in the summary and in the question about the price, and the run keeps it', async () => {
    const training = await file('snapshot.jsonl', toJsonl(trained));
    await file('goods.test.jsonl', toJsonl(trained));
    await file('other.test.jsonl', toJsonl(fresh));
    const ui = uiDouble(
      chosenFile('goods.test.jsonl'),
      { pick: 'This file does not test what the model learned', offers: [/20 of 20 items/], answer: /Choose Another/ },
      chosenFile('goods.test.jsonl'),
      { pick: 'This file does not test what the model learned', answer: /Continue Anyway/ },
      { ...start, offers: ['$(warning) Note'] },
      pay(/^Send 40 requests to Paid\?$/, told, /^Start for at Most/),
    );
    await evaluateModel(services(ui, { trainingPath: training }), [JOB]);
    expect((await onlyRun()).config.trainedOn).toEqual({ same: 20, near: 0 });
  });

  it('is known by its hash when the copy is gone', async () => {
    const test = await file('goods.test.jsonl', toJsonl(trained));
    const { sha256 } = await createDatasetService(() => {
      throw new Error('No tokens.');
    }).inspect([{ path: test }, { countTokens: false }], new AbortController().signal);
    const local = { trainingPath: path.join(folder, 'gone.jsonl'), sourceSha256: sha256, examples: 20 };
    const ui = uiDouble(chosenFile('goods.test.jsonl'), {
      pick: 'This file does not test what the model learned',
      answer: CLOSED,
    });
    await expect(evaluateModel(services(ui, local), [JOB])).rejects.toBeInstanceOf(Cancelled);
  });

  it('is not spoken of when nobody knows what the model was trained on, or it shares nothing', async () => {
    const training = await file('snapshot.jsonl', toJsonl(trained));
    await file('goods.test.jsonl', toJsonl(fresh));
    for (const [local, expected] of [
      [{}, undefined],
      [{ trainingPath: training }, { same: 0, near: 0 }],
    ] as const) {
      const ui = uiDouble(
        chosenFile('goods.test.jsonl'),
        start,
        pay(
          /^Send 40 requests to Paid\?$/,
          /^At most about [^:]+: [\d,]+ tokens \(prices of 2026-11\)\.$/,
          /^Start for/,
        ),
      );
      await evaluateModel(services(ui, local), [JOB]);
      expect((await onlyRun()).config.trainedOn).toEqual(expected);
      await runs.remove((await onlyRun()).config.id);
    }
  });
});

describe('a reasoning model', () => {
  it('is evaluated without what it refuses, with room for its thoughts, at a price that counts the room', async () => {
    base = 'o4-mini-2025-04-16';
    server.otherwise = pickyModel();
    await file('goods.test.jsonl', toJsonl(fresh));
    const ui = uiDouble(
      chosenFile('goods.test.jsonl'),
      start,
      pay(/^Send 40 requests to Paid\?$/, /^Price unknown for ft:o4-mini/, /^Start at Unknown Price$/),
    );
    await evaluateModel(services(ui), [JOB]);
    const run = await onlyRun();
    expect(run.status).toBe('finished');
    expect(run.rows.filter(({ status }) => status === 'error')).toEqual([]);
    expect(server.requests).toHaveLength(40);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ max_completion_tokens: 8208 });
  });
});
