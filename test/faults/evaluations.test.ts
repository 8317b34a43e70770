import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/core/base/random.ts';
import { reportAll } from '../../src/core/evaluation/report/report.ts';
import type { RowResult, RowSample } from '../../src/core/evaluation/types.ts';
import { decodeRecords } from '../../src/core/journal/lines.ts';
import { RunRegistry } from '../../src/evals/registry.ts';
import type { EvaluationRun } from '../../src/evals/runner.ts';
import { storedRun } from '../support/evaluationRuns.ts';
import { bundleScript } from './support/bundle.ts';
import {
  askAt,
  CONCURRENCY,
  configOf,
  type CountingServer,
  type EvaluationTask,
  itemsOf,
  SHA,
  startCountingServer,
} from './support/evaluationRig.ts';

const SEEDS = Number(process.env['TUNING_FORK_SEEDS'] ?? 100);
const FIRST = Number(process.env['TUNING_FORK_FIRST_SEED'] ?? 1);
/** Seeds at once; most of the time is waiting for processes to start. */
const LANES = 3;
const ITEMS = 60;
/** Windows that stand still take ten seconds to be noticed, all at once. */
const FROZEN = Math.min(16, Math.ceil(SEEDS / 20));

let scripts: string;
let child: string;
let server: CountingServer;
/** The rows of a run that nothing interrupted. */
let expected: readonly RowResult[];
/** The same of a run with several requests a row. */
let expectedOfSeveral: readonly RowResult[];
const SEVERAL = 3;

beforeAll(async () => {
  scripts = mkdtempSync(path.join(tmpdir(), 'tuning-fork-scripts-'));
  child = bundleScript(path.join(import.meta.dirname, 'support', 'evaluationChild.ts'), scripts);
  server = await startCountingServer(4);
  const window = new RunRegistry(path.join(scripts, 'evaluations'));
  const whole = async (task: Pick<EvaluationTask, 'id' | 'samples'>): Promise<readonly RowResult[]> => {
    const of = { ...task, items: ITEMS, baseUrl: server.baseUrl };
    const run = await window.create(configOf(of), itemsOf(ITEMS));
    await run.start(SHA, { ask: askAt(of) });
    return inOrder(run.rows);
  };
  expected = await whole({ id: 'whole' });
  expectedOfSeveral = await whole({ id: 'several', samples: SEVERAL });
  await window.dispose();
});
afterAll(async () => {
  await server.close();
  rmSync(scripts, { recursive: true, force: true });
});

function inOrder(rows: readonly RowResult[]): readonly RowResult[] {
  return rows.map((row) => withoutTime(row)).sort((a, b) => a.item - b.item || (a.contestant < b.contestant ? -1 : 1));
}

/** The time of a request is the only part of a row that is not decided by its reply. */
function withoutTime<T extends { readonly ms?: number; readonly samples?: readonly RowSample[] }>(row: T): T {
  const rest: { -readonly [Key in keyof T]: T[Key] } = { ...row };
  delete rest.ms;
  if (rest.samples) rest.samples = rest.samples.map((sample) => withoutTime(sample));
  return rest;
}

interface Running {
  readonly process: ChildProcess;
  readonly facts: readonly string[];
  /** All facts are read. */
  readonly ended: Promise<void>;
}

function inProcess(task: EvaluationTask): Running {
  const running = spawn(process.execPath, [child], {
    env: { ...process.env, TUNING_FORK_TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const facts: string[] = [];
  let rest = '';
  let errors = '';
  running.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    facts.push(...lines);
  });
  running.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const ended = once(running, 'close').then(([code, signal]) => {
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(errors);
  });
  // Awaited later, and said then.
  ended.catch(() => undefined);
  return { process: running, facts, ended };
}

function asksOf({ facts }: Running): readonly string[] {
  return facts.filter((fact) => fact.startsWith('asks'));
}

/** Kills after so many requests of the run, or after so many milliseconds. */
async function killAt(running: Running, id: string, requests: number | null, ms: number): Promise<void> {
  const over = (): boolean => running.process.exitCode !== null || running.process.signalCode !== null;
  if (requests === null) {
    const started = performance.now();
    await until(() => over() || performance.now() - started > ms);
  } else {
    await until(() => over() || server.asked(id).length >= requests);
  }
  running.process.kill('SIGKILL');
  await running.ended;
}

async function until(condition: () => boolean, timeout = 60_000): Promise<void> {
  await vi.waitUntil(condition, { timeout, interval: 1 });
}

/** A window of this process that looks at the run while others write it; the rows that it was told. */
function openWindow(folder: string): { readonly registry: RunRegistry; readonly told: Set<string> } {
  const registry = new RunRegistry(path.join(folder, 'evaluations'));
  const told = new Set<string>();
  registry.onDidChange(({ change }) => {
    for (const { item, contestant } of change?.rows ?? []) told.add(`row ${String(item)} ${contestant}`);
  });
  return { registry, told };
}

async function openRun(registry: RunRegistry, id: string): Promise<EvaluationRun | null> {
  const opened = await registry.open(id);
  return opened.ok ? opened.value : null;
}

interface Outcome {
  readonly seed: number;
  readonly kills: number;
  readonly twice: number;
  readonly refused: number;
}

async function oneRun(seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-run-'));
  const id = `seed-${String(seed)}`;
  // Of one run in three each row has several requests.
  const samples = seed % 3 === 0 ? { samples: SEVERAL } : {};
  const task = { folder, id, items: ITEMS, baseUrl: server.baseUrl, ...samples };
  const windows = [openWindow(folder), openWindow(folder)];
  let kills = 0;
  let refused = 0;
  const told = new Set<string>();
  try {
    const killRandomly = async (running: Running): Promise<void> => {
      // Most die between two rows, some at any moment: also before there is a run.
      const requests = random.next() < 0.75 ? server.asked(id).length + random.integer(ITEMS) : null;
      await killAt(running, id, requests, 40 + random.integer(300));
      if (running.process.signalCode === 'SIGKILL') kills += 1;
      for (const fact of running.facts) if (fact.startsWith('row')) told.add(fact);
    };
    // There from the beginning, so that it is watched and not looked at from time to time.
    mkdirSync(path.join(folder, 'evaluations'));
    for (const { registry } of windows) await registry.load();
    const first = inProcess({ ...task, create: true });
    const killed = killRandomly(first);
    // The other windows open it as soon as it is there, and try to have it.
    const wants = windows.map(() => random.next() < 0.5);
    const runs = windows.map(async ({ registry }, index) => {
      await until(() => registry.list().length > 0 || first.process.signalCode !== null);
      const run = await openRun(registry, id);
      if (!run || run.status !== 'running' || wants[index] !== true) return;
      const result = await run.start(SHA, { ask: askAt(task) });
      // Not before the writer died, or when nothing was left to do.
      if (!result.ok) refused += 1;
    });
    await killed;
    await Promise.all(runs);
    // A second process takes it up and dies as well.
    if (random.next() < 0.4 && windows[0] && (await openRun(windows[0].registry, id))) {
      await killRandomly(inProcess({ ...task, create: false }));
    }
    await finish(windows, task);
    for (const { told: heard } of windows) for (const fact of heard) told.add(fact);
    const twice = await judge(task, told, kills);
    return { seed, kills, twice, refused };
  } finally {
    for (const { registry } of windows) await registry.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All windows want it at once, until it is finished. */
async function finish(
  windows: readonly { readonly registry: RunRegistry }[],
  task: Omit<EvaluationTask, 'create'>,
): Promise<void> {
  const runs: EvaluationRun[] = [];
  for (const { registry } of windows) {
    const run = await openRun(registry, task.id);
    if (run) runs.push(run);
  }
  if (runs.length === 0) {
    // It died before there was a run: nothing of it keeps another one from being made.
    // Killed between the making of its lease and its name in it, it counts as alive until it has been silent for ten seconds.
    const made = await vi.waitFor(() => windows[0]?.registry.create(configOf(task), itemsOf(task.items)), {
      timeout: 20_000,
      interval: 100,
    });
    await made?.start(SHA, { ask: askAt(task) });
    return;
  }
  for (let tries = 0; tries < 5; tries++) {
    await Promise.all(runs.map((run) => run.start(SHA, { ask: askAt(task) })));
    for (const run of runs) await run.follow();
    if (runs.every((run) => run.status === 'finished')) return;
  }
  throw new Error(`The run is ${runs.map((run) => run.status).join(', ')}.`);
}

/** How many requests were paid twice. */
async function judge(task: Omit<EvaluationTask, 'create'>, told: ReadonlySet<string>, kills: number): Promise<number> {
  const folder = path.join(task.folder, 'evaluations');
  const { rows, status, items } = await storedRun(folder, task.id);
  expect({ status, items }).toEqual({ status: 'finished', items: task.items });
  const whole = task.samples === undefined ? expected : expectedOfSeveral;
  expect(inOrder(rows), 'the rows of a run that nothing interrupted').toEqual(whole);
  const report = (of: readonly RowResult[]): string => JSON.stringify(reportAll(['tuned', 'constant'], of));
  expect(report(inOrder(rows)), 'its report').toBe(report(whole));
  // What was told was not written again, as another row of the same item.
  const bytes = readFileSync(path.join(folder, `${task.id}.jsonl`));
  const { records, damaged, validBytes } = decodeRecords(bytes);
  expect({ damaged, validBytes }).toEqual({ damaged: 0, validBytes: bytes.length });
  const written = (records as { k: string; row: RowResult }[]).filter(({ k }) => k === 'row');
  expect(written, 'each row once').toHaveLength(expected.length);
  const kept = new Set(written.map(({ row }) => `row ${String(row.item)} ${row.contestant}`));
  expect(
    [...told].filter((fact) => !kept.has(fact)),
    'rows that were told and lost',
  ).toEqual([]);
  const twice = server.asked(task.id).length - task.items * (task.samples ?? 1);
  expect(twice, 'requests that were paid twice').toBeLessThanOrEqual(kills * CONCURRENCY);
  expect(readdirSync(folder).sort()).toEqual([`${task.id}.jsonl`, `${task.id}.lock`]);
  return twice;
}

it(
  `of ${String(SEEDS)} evaluations that are killed, opened and resumed by several processes none loses a row, none pays for one that was kept`,
  { timeout: 60_000 + SEEDS * 3000 },
  async () => {
    const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST + index);
    const outcomes: Outcome[] = [];
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
          try {
            outcomes.push(await oneRun(seed));
          } catch (error) {
            throw new Error(`Seed ${String(seed)} (TUNING_FORK_FIRST_SEED=${String(seed)} TUNING_FORK_SEEDS=1)`, {
              cause: error,
            });
          }
        }
      }),
    );
    const sum = (key: 'kills' | 'twice' | 'refused'): number => outcomes.reduce((total, one) => total + one[key], 0);
    console.log(
      `${String(outcomes.length)} runs: ${String(sum('kills'))} kills, ${String(sum('twice'))} requests paid twice, ${String(sum('refused'))} starts refused`,
    );
    if (SEEDS >= 50) {
      expect(sum('kills')).toBeGreaterThan(SEEDS / 2);
      expect(sum('refused')).toBeGreaterThan(0);
    }
  },
);

it(
  `of ${String(FROZEN)} windows that stood still while another took their evaluation over none writes, and none asks`,
  { timeout: 180_000 },
  async () => {
    await Promise.all(
      Array.from({ length: FROZEN }, async (_, index) => {
        const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-run-'));
        const id = `frozen-${String(index)}`;
        const task = { folder, id, items: ITEMS, baseUrl: server.baseUrl };
        const { registry } = openWindow(folder);
        // With four requests under way, or in the middle of anything; never when all is done.
        const requests = 1 + createRandom(FIRST + index).integer(ITEMS - 30);
        server.holdFrom(id, requests + (index % 2 === 0 ? 0 : 20));
        const frozen = inProcess({ ...task, create: true });
        try {
          await until(() => server.asked(id).length >= requests, 60_000);
          frozen.process.kill('SIGSTOP');
          await registry.load();
          const run = await openRun(registry, id);
          expect(run?.status).toBe('running');
          await until(() => run?.elsewhere?.leftBehind === 'silent', 60_000);
          server.letGo(id);
          expect(await run?.start(SHA, { ask: askAt(task) })).toEqual({ ok: true, value: 'finished' });
          const file = path.join(folder, 'evaluations', `${id}.jsonl`);
          const finished = readFileSync(file);
          const announced = asksOf(frozen);
          frozen.process.kill('SIGCONT');
          await frozen.ended;
          expect(frozen.facts.at(-1)).toBe('ended run-taken-over');
          expect(readFileSync(file).equals(finished), 'the journal as it was finished').toBe(true);
          expect(inOrder(run?.rows ?? [])).toEqual(expected);
          // The server may count one more: a request that was announced when the window stood still, its bytes not yet sent.
          expect(asksOf(frozen), 'requests after it came back').toEqual(announced);
          const twice = server.asked(id).filter((item, at, all) => all.indexOf(item) !== at);
          expect(twice.length, 'requests paid twice').toBeLessThanOrEqual(CONCURRENCY);
          expect(announced).toEqual(expect.arrayContaining(twice.map((item) => `asks ${String(item)}`)));
        } finally {
          frozen.process.kill('SIGKILL');
          await registry.dispose();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
    );
  },
);
