// Nothing of an evaluation keeps the extension host above 50 ms, however many rows it has.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Contestant, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { EvaluationRun } from '../../../src/evals/runner.ts';
import { RunFigures } from '../../../src/extension/evaluation/panel/runFigures.ts';

const LIMIT_MS = 50;
/** A busy machine can make a stretch look longer than it was; the work is the same each time. */
const TRIES = 3;
const ITEMS = 25_000;
const SHA = 'a'.repeat(64);

let folder: string;
let closing: EvaluationRun[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  closing = [];
});
afterEach(async () => {
  for (const run of closing) await run.dispose();
  await rm(folder, { recursive: true });
});

const items: readonly TestItem[] = Array.from({ length: ITEMS }, (_, index) => ({
  index,
  line: index + 1,
  title: `Item ${String(index)}`,
  messages: [
    { role: 'user' as const, content: `How much is this to the nearest dollar? ${'word '.repeat(60)}${String(index)}` },
  ],
  truth: `Price is $${String(index)}.00`,
}));
const contestants: readonly Contestant[] = [
  { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' },
  { id: 'constant', kind: 'constant', label: 'constant median', constant: '100' },
];

function configOf(id: string, asked: boolean): RunConfig {
  return {
    v: 1,
    id,
    createdAt: 1,
    name: 'prices.test.jsonl',
    testFile: { path: '/tmp/prices.test.jsonl', sha256: SHA, items: ITEMS },
    contestants: asked ? contestants : contestants.slice(1),
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: 16,
  };
}

/** The longest time this thread worked without letting others in, in milliseconds of its own. */
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

async function isNeverKept(name: string, work: (attempt: number) => Promise<unknown>): Promise<void> {
  const stretches: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const longest = await longestStretch(() => work(attempt));
    stretches.push(longest);
    if (longest <= LIMIT_MS) break;
  }
  console.log(`${name}: at most ${stretches.map((ms) => ms.toFixed(0)).join(', ')} ms at once`);
  expect(Math.min(...stretches)).toBeLessThanOrEqual(LIMIT_MS);
}

async function create(id: string, asked = false): Promise<EvaluationRun> {
  const run = await EvaluationRun.create(folder, configOf(id, asked), items);
  closing.push(run);
  return run;
}

it(`stays free while a run of ${String(ITEMS)} rows is created`, { timeout: 60_000 }, async () => {
  await isNeverKept('creating', (attempt) => create(`run-${String(attempt)}`));
});

it('stays free while the constant answers all of them', { timeout: 60_000 }, async () => {
  await isNeverKept('the constant', async (attempt) => {
    const run = await create(`run-${String(attempt)}`);
    expect(await run.start(SHA, { ask: () => Promise.reject(new Error('Nobody is asked.')) })).toMatchObject({
      ok: true,
    });
    expect(run.answered).toBe(ITEMS);
  });
});

it('stays free while it is opened with all its rows, added up and resumed', { timeout: 60_000 }, async () => {
  const first = await create('run-1', true);
  const ask = (_: Contestant, { index }: TestItem) =>
    Promise.resolve({ text: `$${String(index)}`, finishReason: 'stop' });
  await first.start(SHA, { ask });
  await first.dispose();
  await isNeverKept('opening', async () => {
    const opened = await EvaluationRun.open(folder, 'run-1');
    if (!opened.ok) throw new Error(opened.error.message);
    closing.push(opened.value);
    expect(opened.value.answered).toBe(2 * ITEMS);
    await opened.value.start(SHA, { ask });
  });
  await isNeverKept('adding up', async () => {
    const figures = new RunFigures(first);
    await figures.update();
    expect(figures.reports.map(({ n }) => n)).toEqual([ITEMS, ITEMS]);
  });
});
