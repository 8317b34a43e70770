// Storage that the first version wrote (test/fixtures/storage-0.1.0: made by its own code, with a start and a run that were
// interrupted): everything in it is found again, and nothing on the disk changes before something is written.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readLimits } from '../../../src/connections/limits.ts';
import { ConnectionStore } from '../../../src/connections/store.ts';
import { RunRegistry } from '../../../src/evals/registry.ts';
import { KeyStore } from '../../../src/extension/connections/keyStore.ts';
import { unfinishedStarts } from '../../../src/jobs/start/recovery.ts';
import { readUnfinished } from '../../../src/jobs/start/unfinished.ts';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { inProject } from '../../../scripts/lib/paths.ts';
import { memorySecrets } from '../../support/extensionDouble.ts';

vi.mock('vscode', async () => (await import('../../support/vscodeDouble.ts')).vscodeDouble());

let folder: string;
let before: ReadonlyMap<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-earlier-'));
  await cp(inProject('test/fixtures/storage-0.1.0'), folder, { recursive: true });
  before = await contents();
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Text of every file, by its path in the folder. */
async function contents(): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const texts = files
    .sort()
    .map(async (file) => [path.relative(folder, file), await readFile(file, 'latin1')] as const);
  return new Map(await Promise.all(texts));
}

describe('storage of an earlier version', () => {
  it('gives its connections and limits', async () => {
    const store = new ConnectionStore(folder);
    expect((await store.list()).map(({ name, kind, baseUrl }) => ({ name, kind, baseUrl }))).toEqual([
      { name: 'Local', kind: 'local', baseUrl: '' },
      { name: 'OpenAI', kind: 'openai', baseUrl: 'https://api.openai.com/v1' },
      { name: 'Lab', kind: 'compatible', baseUrl: 'https://lab.example/v1' },
    ]);
    expect((await readLimits(folder)).limits).toEqual({ cap: 5, prices: { 'gpt-4.1-mini-2025-04-14': 5 } });
    store.dispose();
    expect(await contents()).toEqual(before);
  });

  it('gives its jobs, and its start that was interrupted', async () => {
    const lab = (await new ConnectionStore(folder).list()).find(({ name }) => name === 'Lab');
    const jobs = new JobStore({ folder: path.join(folder, 'jobs') });
    await jobs.load();
    expect(jobs.list().map(({ connectionId, job, local }) => [connectionId, job.status, local.name])).toEqual([
      [lab?.id, 'queued', 'prices'],
      [lab?.id, 'queued', 'prices'],
    ]);
    const { starts } = await readUnfinished(folder);
    expect(await unfinishedStarts(folder)).toMatchObject([
      { intentId: starts[0], connectionId: lab?.id, name: 'prices', stage: 'uploading' },
    ]);
    await jobs.dispose();
    expect(await contents()).toEqual(before);
  });

  it('gives its runs: one that ended, one that was left in the middle of a line', async () => {
    const runs = new RunRegistry(path.join(folder, 'evaluations'));
    await runs.load();
    expect(
      runs
        .list()
        .map(({ config, status }) => [config.id, status])
        .sort(),
    ).toEqual([
      ['run-finished', 'finished'],
      ['run-interrupted', 'interrupted'],
    ]);
    for (const [id, answered] of [
      ['run-finished', 5],
      ['run-interrupted', 3],
    ] as const) {
      const opened = await runs.open(id);
      if (!opened.ok) throw new Error(opened.error.message);
      expect(opened.value.items).toHaveLength(6);
      const rows = opened.value.rows.filter(({ contestant }) => contestant === 'tuned');
      expect(rows.filter(({ status }) => status === 'graded')).toHaveLength(answered);
      runs.close(opened.value);
    }
    expect(await contents()).toEqual(before);
    await runs.dispose();
    expect(await contents()).toEqual(before);
  });

  it('gives its keys to the connections that they were typed for', async () => {
    const secrets = memorySecrets();
    await secrets.store('key:https://api.openai.com', 'sk-of-then');
    await secrets.store('key:https://lab.example', 'sk-of-the-lab');
    const store = new ConnectionStore(folder);
    const keys = new KeyStore(secrets, () => store.list());
    const all = await store.list();
    const keyOf = async (name: string): Promise<string | null> => {
      const connection = all.find((one) => one.name === name);
      return connection ? keys.get(connection) : null;
    };
    expect([await keyOf('OpenAI'), await keyOf('Lab')]).toEqual(['sk-of-then', 'sk-of-the-lab']);
    store.dispose();
    expect(await contents()).toEqual(before);
  });
});
