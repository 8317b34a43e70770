// Downloads by the real Python, from a hub on loopback. Skipped without TUNING_FORK_TRAINER_PYTHON: `npm run setup:trainer` makes one.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import {
  downloadModel,
  FetchCancelled,
  planModel,
  type FetchOptions,
  type ModelPlan,
} from '../../../src/openWeights/downloads.ts';
import { OpenWeightsError } from '../../../src/openWeights/problems.ts';
import { COMMIT, FakeHub, type HubModel } from '../../support/fakeHub.ts';

const python = process.env['TUNING_FORK_TRAINER_PYTHON'];
const CONFIG = Buffer.from(JSON.stringify({ model_type: 'llama' }));
const WEIGHTS = randomBytes(24_000_000);

const plain: HubModel = {
  files: {
    'config.json': CONFIG,
    'tokenizer.json': Buffer.from('{}'),
    'model.safetensors': WEIGHTS,
    'consolidated.safetensors': Buffer.from('twice'),
    'pytorch_model.bin': Buffer.from('pickle'),
    'modeling_x.py': Buffer.from('raise SystemExit'),
    'onnx/model.safetensors': Buffer.from('other'),
  },
};

describe.skipIf(python === undefined)('downloads from the hub', { timeout: 120_000 }, () => {
  let folder: string;
  let cache: string;
  let wrapper: string;
  let hub: FakeHub;
  let abort: AbortController;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-hub-'));
    cache = path.join(folder, 'hub');
    // The package is not installed there: the wrapper says where it is.
    wrapper = path.join(folder, 'python');
    await writeFile(wrapper, `#!/bin/sh\nPYTHONPATH='${inProject('trainer/src')}' exec '${python ?? ''}' "$@"\n`);
    await chmod(wrapper, 0o755);
    abort = new AbortController();
    hub = await FakeHub.start({
      'lab/plain': plain,
      'lab/damaged': {
        ...plain,
        damage: (name, bytes) => (name === 'model.safetensors' ? Buffer.from(bytes).fill(0, 10, 20) : bytes),
      },
      'lab/gated': { ...plain, gated: true, token: 'hf_right', licence: 'gemma' },
      'lab/private': { ...plain, token: 'hf_right' },
      'lab/pickled': { files: { 'config.json': CONFIG, 'pytorch_model.bin': WEIGHTS } },
      'lab/gguf': { files: { 'x.Q8_0.gguf': WEIGHTS } },
      'lab/code': {
        files: {
          ...plain.files,
          'config.json': Buffer.from(
            JSON.stringify({ model_type: 'new_kind', auto_map: { AutoModel: 'modeling_x.X' } }),
          ),
        },
      },
    });
  });

  afterEach(async () => {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });

  const options = (more: { token?: string; env?: NodeJS.ProcessEnv } = {}): FetchOptions => ({
    python: wrapper,
    env: { ...process.env, HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_HOME: folder, ...more.env },
    token: more.token ?? null,
    signal: abort.signal,
  });
  const plan = (model: string, more?: Parameters<typeof options>[0]): Promise<ModelPlan> =>
    planModel(model, options(more));
  const get = (made: ModelPlan, more?: Parameters<typeof options>[0], report = (): void => undefined): Promise<void> =>
    downloadModel(made, options(more), report);
  const code = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no failure',
      (error: unknown) => (error instanceof OpenWeightsError ? error.problem.code : String(error)),
    );
  const snapshot = (id: string, name: string): string =>
    path.join(cache, `models--${id.replace('/', '--')}`, 'snapshots', COMMIT, name);

  it('takes weights, JSON and tokenizer files into the cache of the hub, and nothing else', async () => {
    const made = await plan('lab/plain');
    expect(made).toMatchObject({ revision: COMMIT, licence: 'apache-2.0', parameters: 1000, cache });
    // The look took config.json already.
    expect(made.bytes).toBe(WEIGHTS.length + 2);
    await get(made);
    expect(await readFile(snapshot('lab/plain', 'model.safetensors'))).toEqual(WEIGHTS);
    const names = await readdir(path.dirname(snapshot('lab/plain', 'x')));
    expect(names.sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect((await plan('lab/plain')).bytes).toBe(0);
  });

  it('goes on where a cancelled download stopped', async () => {
    const made = await plan('lab/plain');
    // The library hands on pieces of 10 MiB.
    hub.stallAfter = 15_000_000;
    let done = 0;
    const first = downloadModel(made, options(), (file, bytes) => {
      done = bytes;
      if (file === 'model.safetensors') abort.abort();
    });
    await expect(first).rejects.toBeInstanceOf(FetchCancelled);
    expect(done).toBeGreaterThan(0);
    expect(existsSync(snapshot('lab/plain', 'model.safetensors'))).toBe(false);
    abort = new AbortController();
    hub.requests.length = 0;
    await get(made);
    const ranges = hub.requests.filter((request) => request.startsWith('GET') && request.includes('bytes='));
    expect(ranges).toHaveLength(1);
    expect(ranges[0]).toMatch(/model\.safetensors bytes=[1-9]\d*-$/);
    expect(await readFile(snapshot('lab/plain', 'model.safetensors'))).toEqual(WEIGHTS);
  });

  it('refuses a file that arrives damaged, and takes it whole the next time', async () => {
    const made = await plan('lab/damaged');
    expect(await code(get(made))).toBe('corrupt-download');
    expect(existsSync(snapshot('lab/damaged', 'model.safetensors'))).toBe(false);
    hub.requests.length = 0;
    expect(await code(get(made))).toBe('corrupt-download');
    expect(hub.requests.some((request) => request.includes('bytes='))).toBe(false);
  });

  it.each([
    ['lab/missing', 'no-model'],
    ['lab/private', 'no-model-or-private'],
    ['lab/gated', 'gated'],
    ['lab/pickled', 'pickled-weights'],
    ['lab/gguf', 'bad-model'],
    ['lab/code', 'remote-code'],
  ])('says why %s is refused: %s', async (model, expected) => {
    expect(await code(plan(model))).toBe(expected);
    expect(
      existsSync(cache) ? (await readdir(cache, { recursive: true })).filter((name) => name.endsWith('.py')) : [],
    ).toEqual([]);
  });

  it('opens a gated model with the token, and asks without one when none was given', async () => {
    expect(await code(plan('lab/gated', { env: { HF_TOKEN: 'hf_right' } }))).toBe('gated');
    expect([...hub.tokens]).toEqual([]);
    const made = await plan('lab/gated', { token: 'hf_right' });
    expect(made.licence).toBe('gemma');
    await get(made, { token: 'hf_right' });
    expect([...hub.tokens]).toEqual(['Bearer hf_right']);
    expect(existsSync(snapshot('lab/gated', 'model.safetensors'))).toBe(true);
  });

  it('says that a token is wrong', async () => {
    expect(await code(plan('lab/private', { token: 'hf_wrong' }))).toMatch(/^(bad-token|no-model)$/);
  });

  it('asks nothing of the network with HF_HUB_OFFLINE, and uses what is in the cache', async () => {
    const env = { HF_HUB_OFFLINE: '1' };
    expect(await code(plan('lab/plain', { env }))).toBe('no-network');
    expect(hub.requests).toEqual([]);
  });

  it('says that the hub cannot be reached', async () => {
    const gone = hub.url;
    await hub.close();
    expect(await code(plan('lab/plain', { env: { HF_ENDPOINT: gone } }))).toBe('no-network');
  });

  it('looks at folders and GGUF files on the disk', async () => {
    const header = Buffer.from(JSON.stringify({ a: { dtype: 'F32', shape: [4, 25], data_offsets: [0, 400] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const model = path.join(folder, 'model');
    await mkdir(model);
    await writeFile(path.join(model, 'config.json'), CONFIG);
    expect(await code(plan(model))).toBe('bad-model');
    await writeFile(path.join(model, 'pytorch_model.bin'), 'x');
    expect(await code(plan(model))).toBe('pickled-weights');
    await writeFile(path.join(model, 'model.safetensors'), Buffer.concat([length, header, Buffer.alloc(400)]));
    expect(await plan(model)).toMatchObject({ bytes: 0, parameters: 100, cache: null });
    await writeFile(path.join(model, 'model.safetensors'), 'short');
    expect(await code(plan(model))).toBe('bad-model');
    const file = path.join(folder, 'x.gguf');
    await writeFile(file, 'GGUF and more');
    expect(await plan(file)).toMatchObject({ bytesCached: 13 });
    await writeFile(file, 'no such thing');
    expect(await code(plan(file))).toBe('bad-model');
    expect(await code(plan(path.join(folder, 'gone.gguf')))).toBe('no-model');
    expect(hub.requests).toEqual([]);
  });
});
