import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, type Hub } from '../../../src/hub/hubClient.ts';
import { lookUp, sizesOf, type SizedFile } from '../../../src/hub/hubDataset.ts';
import { download, readRange, requireRoom } from '../../../src/hub/hubDownload.ts';
import { HubError } from '../../../src/hub/hubProblems.ts';
import { FakeDatasetHub } from '../../support/fakeDatasetHub.ts';

const { signal } = new AbortController();
const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

async function codeOf(task: Promise<unknown>): Promise<string> {
  const error: unknown = await task.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HubError)) throw new Error('No failure of the hub', { cause: error });
  return error.problem.code;
}

describe('the token of a hub', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** What each host was sent, for a hub that answers with these. */
  async function sent(url: string, ...answers: readonly Response[]): Promise<readonly string[]> {
    const left = [...answers];
    const seen: string[] = [];
    vi.stubGlobal('fetch', (at: URL, init: RequestInit) => {
      seen.push(`${at.origin} ${new Headers(init.headers).get('authorization') ?? '-'}`);
      return Promise.resolve(left.shift() ?? new Response('ok'));
    });
    await ask({ url, token: 'hf_t', dataset: 'o/n' }, '/api', signal);
    return seen;
  }
  const to = (location: string): Response => new Response(null, { status: 302, headers: { location } });

  it('goes to its own origin, and comes back with a redirect there', async () => {
    expect(await sent('https://hub.example', to('https://cdn.example/x'), to('https://hub.example/y'))).toEqual([
      'https://hub.example Bearer hf_t',
      'https://cdn.example -',
      'https://hub.example Bearer hf_t',
    ]);
  });

  it('never goes in the clear to another machine', async () => {
    expect(await sent('http://hub.example')).toEqual(['http://hub.example -']);
    expect(await sent('http://127.0.0.1:9')).toEqual(['http://127.0.0.1:9 Bearer hf_t']);
  });

  it.each([
    ['https://hub.example', 'http://cdn.example/x'],
    ['https://hub.example', 'ftp://cdn.example/x'],
    ['http://127.0.0.1:9', 'http://10.0.0.1/x'],
  ])('%s does not lead to %s', async (url, location) => {
    expect(await codeOf(sent(url, to(location)))).toBe('unsafe-redirect');
  });

  it('is in no endless circle', async () => {
    const circle = Array.from({ length: 20 }, () => to('https://hub.example/again'));
    expect(await codeOf(sent('https://hub.example', ...circle))).toBe('unsafe-redirect');
  });
});

describe('files of a dataset', () => {
  let folder: string;
  let fake: FakeDatasetHub;
  let hub: Hub;
  let file: SizedFile;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-hub-files-'));
    fake = await FakeDatasetHub.start({ 'o/n': { parquet: { default: { train: [BYTES] } } } });
    hub = { url: fake.url, token: null, dataset: 'o/n', pause: () => Promise.resolve() };
    const { parts } = await lookUp(hub, signal);
    const [part] = parts;
    if (part === undefined) throw new Error('No part');
    const [first] = await sizesOf(hub, part, signal);
    if (first === undefined) throw new Error('No file');
    file = first;
    fake.requests.length = 0;
  });

  afterEach(async () => {
    await fake.close();
    await rm(folder, { recursive: true, force: true });
  });

  const get = (onBytes: (done: number) => void = () => undefined): Promise<void> =>
    download(hub, file, path.join(folder, 'a'), signal, onBytes);

  it('have a size, a hash and a commit without being downloaded', () => {
    const sha256 = createHash('sha256').update(BYTES).digest('hex');
    expect(file).toMatchObject({ bytes: 300_000, sha256, commit: 'e'.repeat(40) });
  });

  it('are read in parts', async () => {
    const part = await readRange(hub, file, { start: 1000, end: 1010 }, signal);
    expect(Buffer.from(part)).toEqual(BYTES.subarray(1000, 1010));
    fake.ignoresRanges = true;
    expect(Buffer.from(await readRange(hub, file, { start: 299_990, end: 300_000 }, signal))).toEqual(
      BYTES.subarray(-10),
    );
    fake.ignoresRanges = false;
    fake.cuts.push(3);
    expect(Buffer.from(await readRange(hub, file, { start: 0, end: 10 }, signal))).toEqual(BYTES.subarray(0, 10));
  });

  it('are there without a request where they are empty', async () => {
    const empty = { ...file, bytes: 0, sha256: createHash('sha256').digest('hex') };
    expect((await readRange(hub, empty, { start: 0, end: 0 }, signal)).byteLength).toBe(0);
    await download(hub, empty, path.join(folder, 'a'), signal, () => undefined);
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(path.join(folder, 'a'), 'utf8')).toBe('');
    expect(fake.requests).toEqual([]);
  });

  it('go on after breaks, as long as something arrives, also where ranges are ignored', async () => {
    fake.cuts.push(60_000, 60_000, 60_000, 10_000, 10_000, 10_000);
    const seen: number[] = [];
    await get((done) => seen.push(done));
    expect(await readFile(path.join(folder, 'a'))).toEqual(BYTES);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(fake.requests.filter((request) => request.startsWith('files')).length).toBe(7);
    await rm(path.join(folder, 'a'));
    fake.ignoresRanges = true;
    fake.cuts.push(100_000);
    await get();
    expect(await readFile(path.join(folder, 'a'))).toEqual(BYTES);
  });

  it('are given up after four tries without a byte', async () => {
    fake.refusals.files.push({ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 });
    expect(await codeOf(get())).toBe('hub-error');
    expect(await readdir(folder)).toEqual(['a.part']);
    await get();
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('are asked for again at the hub when a signed address has expired', async () => {
    fake.refusals.files.push({ status: 403 });
    await get();
    expect(await readFile(path.join(folder, 'a'))).toEqual(BYTES);
  });

  it('are thrown away when they are others than the hub says', async () => {
    fake.set('o/n', { parquet: { default: { train: [BYTES] } }, damage: (bytes) => Buffer.from(bytes).fill(1, 5, 6) });
    expect(await codeOf(get())).toBe('corrupt-download');
    expect(await readdir(folder)).toEqual([]);
    // A longer part of an earlier try, and one with other bytes.
    fake.set('o/n', { parquet: { default: { train: [BYTES] } } });
    await writeFile(path.join(folder, 'a.part'), Buffer.alloc(400_000));
    await get();
    await rm(path.join(folder, 'a'));
    await writeFile(path.join(folder, 'a.part'), Buffer.alloc(1000));
    expect(await codeOf(get())).toBe('corrupt-download');
    expect(await readdir(folder)).toEqual([]);
  });

  it('are those of the same commit: others are not joined', async () => {
    fake.cuts.push(1000);
    const others = Buffer.from(BYTES).fill(9);
    const changed = {
      ...hub,
      pause: async () => {
        fake.set('o/n', { parquet: { default: { train: [others] } } });
        await Promise.resolve();
      },
    };
    expect(await codeOf(download(changed, file, path.join(folder, 'a'), signal, () => undefined))).toBe(
      'corrupt-download',
    );
  });

  it('end with the signal', async () => {
    const abort = new AbortController();
    const reason = new Error('Enough');
    const task = download(hub, file, path.join(folder, 'a'), abort.signal, () => {
      abort.abort(reason);
    });
    await expect(task).rejects.toBe(reason);
    expect(await readdir(folder)).not.toContain('a');
  });

  it('need room', async () => {
    await requireRoom({ folder, bytes: 1 }, { folder, bytes: 1 });
    expect(await codeOf(requireRoom({ folder, bytes: 1e18 }, { folder, bytes: 1 }))).toBe('no-disk');
    expect(await codeOf(requireRoom({ folder, bytes: 1 }, { folder, bytes: 1e18 }))).toBe('no-disk');
  });
});

describe('answers that are none of a hub', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it.each([
    ['<html>', 'hub-error'],
    ['[]', 'hub-error'],
    ['{"sha":"abc","id":"o/n"}', 'hub-error'],
    [`{"sha":"${'a'.repeat(40)}","id":"../../etc"}`, 'hub-error'],
    [' '.repeat(9_000_000), 'hub-error'],
  ])('are refused (%#)', async (text, code) => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(text)));
    const hub = { url: 'https://hub.example', token: null, dataset: 'o/n', pause: () => Promise.resolve() };
    expect(await codeOf(lookUp(hub, signal))).toBe(code);
  });

  it('say that the hub cannot be reached', async () => {
    let tries = 0;
    vi.stubGlobal('fetch', () => {
      tries += 1;
      return Promise.reject(new TypeError('fetch failed'));
    });
    const hub = { url: 'https://hub.example', token: null, dataset: 'o/n', pause: () => Promise.resolve() };
    expect(await codeOf(lookUp(hub, signal))).toBe('no-network');
    expect(tries).toBe(4);
  });
});
