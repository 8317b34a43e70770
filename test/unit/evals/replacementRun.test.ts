import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sentenceOf } from '../../../src/core/evaluation/comparison/statements.ts';
import { judgeRun } from '../../../src/core/evaluation/comparison/runJudgment.ts';
import type { RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { portableLines, verifyRun } from '../../../src/evals/portableRun.ts';
import { RunRegistry } from '../../../src/evals/registry.ts';
import { planReplacement, type PlannedReplacement } from '../../../src/evals/replacementRun.ts';
import type { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';

const SHA = 'a'.repeat(64);
const ITEMS = 30;
const ANSWERED = 24;

const items: readonly TestItem[] = Array.from({ length: ITEMS }, (_, index) => ({
  index,
  line: index + 1,
  title: `Thing ${String(index)}`,
  messages: [{ role: 'user', content: `What does thing ${String(index)} cost?` }],
  // One of them has no number to compare with.
  truth: index === 5 ? 'Price is not known' : `Price is $${String(100 + 10 * index)}.00`,
}));

const CONFIG: RunConfig = {
  v: 1,
  id: 'run-old',
  createdAt: 5000,
  name: 'things.test.jsonl',
  testFile: { path: '/data/things.test.jsonl', sha256: SHA, items: ITEMS },
  contestants: [
    { id: 'c1', kind: 'fine-tuned', label: 'pricer', connectionId: 'closing', model: 'ft:old' },
    { id: 'nearest', kind: 'constant', label: 'nearest', answers: items.map(({ index }) => String(index)) },
  ],
  grader: 'number',
  numberReader: { version: 2, decimalMark: 'point' },
  sampling: { temperature: 1, maxTokens: 7, seed: 42 },
  samples: 3,
  answerPrefix: null,
  concurrency: 4,
};

let folder: string;
let registry: RunRegistry;
let asked: { connection: string | undefined; model: string | undefined; item: number }[];
/** The old model answers so many items, then it is gone. */
let oldAnswers: number;

const ask: Ask = (contestant, item, _signal, sample) => {
  asked.push({ connection: contestant.connectionId, model: contestant.model, item: item.line });
  if (contestant.model === 'ft:old' && item.line > oldAnswers) return Promise.reject(new Error('The model is gone.'));
  return Promise.resolve({ text: String(100 + 10 * (item.line - 1) + 3 + sample), finishReason: 'stop' });
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-replacement-'));
  registry = new RunRegistry(folder);
  asked = [];
  oldAnswers = ANSWERED;
});
afterEach(async () => {
  await registry.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function recorded(): Promise<EvaluationRun> {
  const run = await registry.create(CONFIG, items);
  await run.start(SHA, { ask, maxAttempts: 1 });
  return run;
}

function planned(recording: EvaluationRun, margin = 20): PlannedReplacement {
  const plan = planReplacement({
    recording,
    old: 'c1',
    by: { label: 'smol', model: 'new', connectionId: 'local' },
    margin,
    id: 'run-new',
    concurrency: 4,
  });
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
}

it('asks the replacement alone, and only what was recorded', async () => {
  const recording = await recorded();
  const { config, items: own, rows } = planned(recording);
  const answered = recording.rowsOf('c1').filter(({ status }) => status === 'graded').length;
  expect(answered).toBeGreaterThanOrEqual(ANSWERED - 5);
  expect([own.length, rows.length, config.testFile.items]).toEqual([answered, answered, answered]);
  // One item cannot be graded, and is no part of either.
  expect(config.replacement).toEqual({ margin: 20, temperature: 1, unrecorded: ITEMS - 1 - answered });
  expect(config.contestants.map(({ id, recorded: from }) => [id, from?.run ?? null])).toEqual([
    ['c1', null],
    ['recorded', 'run-old'],
    ['nearest', null],
  ]);
  asked = [];
  const run = await registry.create(config, own, rows);
  expect(run.openItems('recorded')).toEqual([]);
  expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
  expect(new Set(asked.map(({ connection, model }) => `${String(connection)} ${String(model)}`))).toEqual(
    new Set(['local new']),
  );
  expect(asked).toHaveLength(3 * answered);
  expect(run.remaining).toBe(0);
  // The floor answers each item as before.
  const sixth = run.row('nearest', 5);
  expect([own[5]?.line, sixth?.sample]).toEqual([7, '6']);
});

it('says whether it is equal, the same after it was read again, and in a file that others can check', async () => {
  const recording = await recorded();
  const { config, items: own, rows } = planned(recording);
  const run = await registry.create(config, own, rows);
  await run.start(SHA, { ask });
  const judgment = judgeRun(run.config, run.items, run.rows);
  const n = own.length;
  expect(sentenceOf(judgment.statements)).toBe(
    `smol is equal to pricer to within ±0.00 on ${String(n)} items: mean error 0.00 [0.00, 0.00]; the margin was ±20.00. Its answers are 0.89 from the recorded ones on average, and two recorded ones are 1.33 apart: no more than pricer is from itself, beyond the margin. ${String(29 - n)} of 29 items have no recorded answer and are not judged.`,
  );
  registry.close(run);
  const again = new RunRegistry(folder);
  await again.load();
  await again.findFacts();
  expect(again.list().find(({ config: one }) => one.id === 'run-new')?.fact).toMatchObject({
    against: 'pricer',
    replacement: 'equal',
  });
  const opened = await again.open('run-new');
  if (!opened.ok) throw new Error(opened.error.message);
  expect(judgeRun(opened.value.config, opened.value.items, opened.value.rows)).toEqual(judgment);
  const text = [...portableLines({ ...runOf(opened.value), looks: new Map() })].join('');
  const match = (): Promise<boolean> => Promise.reject(new Error('No pattern is needed.'));
  expect(await verifyRun(text, match)).toMatchObject({ ok: true, value: { judgment: { replacement: { items: n } } } });
  // The file names no connection, and a changed margin is found.
  expect(text).not.toContain('"local"');
  expect((await verifyRun(text.replace('"margin":20', '"margin":21'), match)).ok).toBe(false);
  await again.dispose();
});

it('asks the recorded model nothing, also where one of its rows was lost', async () => {
  const { config, items: own, rows } = planned(await recorded());
  asked = [];
  // As after a line of the journal that could not be read.
  const run = await registry.create(config, own, rows.slice(1));
  expect(run.openItems('recorded')).toEqual([]);
  expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
  expect(asked.map(({ model }) => model)).toEqual(asked.map(() => 'new'));
  expect(asked).toHaveLength(3 * own.length);
  expect(run.row('recorded', 0)).toBeUndefined();
});

it('cannot be planned where nothing was recorded', async () => {
  oldAnswers = 0;
  const recording = await recorded();
  const plan = planReplacement({
    recording,
    old: 'c1',
    by: { label: 'smol', model: 'new', connectionId: 'local' },
    margin: 20,
    id: 'run-new',
    concurrency: 4,
  });
  expect(plan).toMatchObject({ ok: false, error: { code: 'nothing-recorded' } });
});

function runOf({ config, items: own, rows, status }: EvaluationRun) {
  return { config, items: own, rows, status };
}
