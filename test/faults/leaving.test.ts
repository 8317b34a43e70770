// Leaving a provider from the command line: a local server behind a proxy is the provider, and closes in the middle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseIndex, type LeavingIndex } from '../../src/core/leaving/leavingIndex.ts';
import type { Provider } from '../../src/core/provider/api.ts';
import { verifyRun } from '../../src/evals/portableRun.ts';
import { hashOfFile } from '../../src/jobs/start/snapshot.ts';
import { builtInEngines } from '../../src/local/engines/builtInEngines.ts';
import { startServer } from '../../src/local/server/server.ts';
import { createClient } from '../../src/openai/client.ts';
import { BUILT_CLI } from '../support/builtCli.ts';
import { startGateProxy, type GateProxy } from '../support/gateProxy.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const ITEMS = 40;

let folder: string;
let server: Awaited<ReturnType<typeof startServer>>;
let client: Provider;
let model: string;
let proxy: GateProxy;
let out: string;
let data: string;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-leaving-'));
  const dataFolder = path.join(folder, 'provider');
  server = await startServer({ dataFolder, port: 0, version: 'test', engines: builtInEngines(dataFolder) });
  client = createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const upload = (name: string, rows: string) => client.uploadFile({ bytes: new TextEncoder().encode(rows) }, name);
  const training = await upload('goods.train.jsonl', toJsonl(priceRows(120, 100)));
  const validation = await upload('goods.valid.jsonl', toJsonl(priceRows(ITEMS, 900)));
  await upload('unused.jsonl', toJsonl(priceRows(12, 2000)));
  const job = await client.createJob({
    model: 'local-linear-1',
    trainingFile: training.id,
    validationFile: validation.id,
    method: {
      name: 'supervised',
      hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
    },
    suffix: 'goods',
    seed: 1,
    wandb: null,
    metadata: {},
  });
  await vi.waitUntil(async () => (await client.retrieveJob(job.id)).status === 'succeeded', { timeout: 30_000 });
  model = (await client.retrieveJob(job.id)).fineTunedModel ?? '';
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(async () => {
  number += 1;
  out = path.join(folder, `out-${String(number)}`);
  data = path.join(folder, `data-${String(number)}`);
  proxy = await startGateProxy(server.baseUrl);
  return () => proxy.stop();
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Said {
  readonly complete: boolean;
  readonly document: string;
  readonly inventory: { readonly models: readonly { readonly model: string; readonly trainingFile: string }[] };
  readonly downloads: Pick<LeavingIndex, 'files' | 'missing'>;
  readonly recordings: LeavingIndex['recordings'];
  readonly problems: readonly { readonly message: string }[];
}

function start(...more: readonly string[]) {
  const args = ['leave', '--base-url', proxy.baseUrl, '--out', out, '--data-dir', data, '--format', 'json', ...more];
  const child = spawn(process.execPath, [BUILT_CLI, ...args], {
    env: { ...process.env, TUNING_FORK_API_KEY: server.apiKey, OPENAI_API_KEY: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (text: Buffer) => (written.out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (written.err += text.toString()));
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...written }));
  return { child, ended };
}

function said({ out: text, err }: Ended): Said {
  if (text === '') throw new Error(err);
  return JSON.parse(text) as Said;
}

async function index(): Promise<LeavingIndex> {
  const parsed = parseIndex(await readFile(path.join(out, 'leaving.json'), 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

async function isIntact(files: LeavingIndex['files']): Promise<boolean> {
  for (const { path: file, sha256, bytes } of files) {
    const whole = path.join(out, file);
    if ((await hashOfFile(whole)) !== sha256 || (await stat(whole)).size !== bytes) return false;
  }
  return true;
}

const match = (pattern: string, flags: string, text: string) => Promise.resolve(new RegExp(pattern, flags).test(text));

describe('leaving a provider', () => {
  it('takes all that is there, verified, and records what the model answers', async () => {
    proxy.letThrough(ITEMS);
    const ended = await start().ended;
    const { complete, inventory, downloads, recordings, document } = said(ended);
    expect([ended.code, complete]).toEqual([0, true]);
    expect(inventory.models).toMatchObject([{ model, trainingFile: 'here', base: 'local-linear-1' }]);
    expect(downloads.missing).toEqual([]);
    expect(downloads.files.map(({ what }) => what).sort()).toEqual(
      ['events', 'job', 'other file', 'result file', 'training file', 'validation file'].sort(),
    );
    expect(await isIntact(downloads.files)).toBe(true);
    expect(recordings).toMatchObject([{ model, recorded: ITEMS, items: ITEMS, missingLines: [], reason: null }]);
    // The run file is one that others can check.
    const [recording] = recordings;
    const verified = await verifyRun(await readFile(path.join(out, recording?.path ?? ''), 'utf8'), match);
    expect(verified).toMatchObject({ ok: true, value: { run: { status: 'finished' } } });
    expect(await hashOfFile(path.join(out, recording?.path ?? ''))).toBe(recording?.sha256);
    expect(await readFile(document, 'utf8')).toContain('Recorded whole: 1 of 1.');
    // Nothing was deleted there.
    expect(await client.listFiles()).toHaveLength(3);
    expect((await client.listModels()).map(({ id }) => id)).toContain(model);
  });

  it('keeps what was recorded when the provider closes in the middle, and names what is missing', async () => {
    proxy.letThrough(25);
    const leaving = start();
    await vi.waitUntil(() => proxy.replied === 25, { timeout: 20_000, interval: 5 });
    proxy.retire();
    const ended = await leaving.ended;
    const { complete, recordings, downloads } = said(ended);
    expect([ended.code, complete]).toEqual([1, false]);
    expect(downloads.files).toHaveLength(6);
    const [recording] = recordings;
    expect(recording?.recorded).toBeLessThanOrEqual(25);
    expect(recording?.recorded).toBeGreaterThanOrEqual(25 - 8);
    expect(recording?.missingLines).toHaveLength(ITEMS - (recording?.recorded ?? 0));
    expect(recording?.reason).toMatch(/\w/);
    const html = await readFile(path.join(out, 'leaving.html'), 'utf8');
    expect(html).toContain(`${String(recording?.recorded)} of ${String(ITEMS)} items`);
    expect(html).toContain('Recorded whole: 0 of 1.');
  });

  it('goes on after it was killed: nothing is taken or asked twice but what was under way', async () => {
    proxy.letThrough(12);
    const killed = start();
    await vi.waitUntil(() => proxy.replied === 12, { timeout: 20_000, interval: 5 });
    killed.child.kill('SIGKILL');
    await killed.ended;
    const before = await index();
    expect(await isIntact(before.files)).toBe(true);
    const first = new Set(proxy.chats);
    const again = await start().ended;
    expect(again.code).toBe(2);
    expect(again.out).toContain('folder-begun');
    // A file that was damaged meanwhile is taken again.
    const [damaged] = before.files;
    await writeFile(path.join(out, damaged?.path ?? ''), 'torn');
    const seen = proxy.chats.length;
    proxy.letThrough(ITEMS);
    const resumed = await start('--resume').ended;
    const { complete, downloads, recordings } = said(resumed);
    expect([resumed.code, complete]).toEqual([0, true]);
    expect(await isIntact(downloads.files)).toBe(true);
    expect(recordings).toMatchObject([{ recorded: ITEMS, run: before.recordings[0]?.run }]);
    // Of those that were asked before the kill only the requests under way were asked again.
    const twice = proxy.chats.slice(seen).filter((body) => first.has(body)).length;
    expect(twice).toBeLessThanOrEqual(8);
    expect(proxy.chats.length - seen).toBeLessThanOrEqual(ITEMS - 12 + 8);
  });

  it('refuses a folder of another provider, and one that cannot be written', async () => {
    proxy.letThrough(ITEMS);
    await start().ended;
    const other = await startGateProxy(server.baseUrl);
    const own = proxy;
    proxy = other;
    const refused = await start('--resume').ended;
    expect([refused.code, refused.out]).toEqual([2, expect.stringContaining('folder-taken')]);
    proxy = own;
    await other.stop();
    out = path.join(folder, 'a-file');
    await writeFile(out, 'no folder');
    const unwritable = await start().ended;
    expect(unwritable.code).toBe(2);
    expect(unwritable.err).not.toContain('    at ');
  });
});
