// A window that is stopped (SIGSTOP) at an exact place between finding that it may write and the rename that makes it so, and that goes on
// after another one took over. Three defenses stand behind one another, and each place is behind all but one of them:
// - before it tells the store: the number of the poller's lease in the record is left (`rebase`)
// - before it makes its temporary file: the last look at the lock is left (`renameWithPatience`)
// - before it renames: the lock's next holder has deleted the temporary file (`Candidate`)
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { JobStore } from '../../src/jobs/store/store.ts';
import { Leadership } from '../../src/jobs/watch/leadership.ts';
import { aJob, anEvent } from '../support/jobBuilders.ts';
import { bundleScript } from './support/bundle.ts';
import type { SuspendedTask } from './support/suspendedChild.ts';

let scripts: string;
let child: string;
let folder: string;
let running: ChildProcess | null;
let facts: string[];

beforeAll(() => {
  scripts = mkdtempSync(path.join(tmpdir(), 'tuning-fork-scripts-'));
  child = bundleScript(path.join(import.meta.dirname, 'support', 'suspendedChild.ts'), scripts);
});
afterAll(() => {
  rmSync(scripts, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-suspended-'));
  running = null;
  facts = [];
});
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(task: SuspendedTask): void {
  running = spawn(process.execPath, [child], {
    env: { ...process.env, TUNING_FORK_TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  running.stdout?.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    facts.push(...lines);
  });
}

async function told(fact: RegExp): Promise<void> {
  await vi.waitUntil(() => facts.some((one) => fact.test(one)), { timeout: 30_000, interval: 5 });
}

/** The record as it is on the disk. */
async function onDisk(): Promise<unknown> {
  const jobs = path.join(folder, 'jobs');
  const [name = ''] = (await readdir(jobs)).filter((entry) => entry.endsWith('.json'));
  return JSON.parse(await readFile(path.join(jobs, name), 'utf8'));
}

it.each(['update', 'open', 'rename'] as const)(
  'P6, F35: a window that stood still before its %s brings no old news, and keeps what the user said',
  { timeout: 60_000 },
  async (before) => {
    start({ folder, before });
    await told(/^still$/);
    // The silence of the poller is seen at once, that of the store's lock in ten seconds.
    let passed = 0;
    const leadership = new Leadership(path.join(folder, 'watch'), () => passed);
    expect(await leadership.lead()).toBe(false);
    passed = 10_000;
    expect(await leadership.lead()).toBe(true);
    const store = new JobStore({ folder: path.join(folder, 'jobs') });
    await store.load();
    store.update('here', 'ftjob-1', {
      job: aJob({ status: 'succeeded' }),
      newEvents: [anEvent({ id: 'new' })],
      fence: leadership.token ?? 0,
    });
    await store.flush();
    const news = { fence: 2, job: { status: 'succeeded' } };
    expect(await onDisk()).toMatchObject(news);

    running?.kill('SIGCONT');
    await told(/^knows/);
    expect(facts).toEqual(['still', 'went on', 'knows succeeded']);
    expect(await onDisk()).toMatchObject({ ...news, local: { name: 'mine' } });
    // What happened stays known, whoever read it.
    await store.refresh();
    expect([...(store.get('here', 'ftjob-1')?.events ?? [])].map(({ id }) => id).sort()).toEqual(['late', 'new']);
    await store.dispose();
    await leadership.dispose();
  },
);
