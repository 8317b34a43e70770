import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../../src/core/base/result.ts';
import { readAdapter } from '../../../src/openWeights/adapter.ts';
import { baseOf } from '../../../src/openWeights/adapterBase.ts';
import type { OpenWeightsModel } from '../../../src/openWeights/registry.ts';
import { unpackAdapter } from '../../../src/openWeights/zipFile.ts';
import {
  ADAPTER_SHAPES,
  adapterFiles,
  BASE_SHAPES,
  CONFIG,
  LAYER,
  safetensors,
  withHeader,
  writeFiles,
  zipOf,
  type Files,
  type ZipChanges,
} from '../../support/openWeights/adapterFiles.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-adapter-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function codeOf(result: Result<unknown>): string {
  if (result.ok) return 'ok';
  // One sentence and one action.
  expect(result.error.message).toMatch(/^[^.]*(?:\.\w[^.]*)*\.$/);
  expect(result.error.action).toMatch(/\.$/);
  return result.error.code;
}

const config = (changes: object): string => JSON.stringify({ ...CONFIG, ...changes });

describe('the folder of an adapter', () => {
  it('is read: base, rank, the files that belong to it', async () => {
    const adapter = await readAdapter(writeFiles(folder, adapterFiles()));
    expect(adapter.ok && adapter.value).toMatchObject({ base: 'good', rank: 2, alpha: 4, hasState: true });
    expect(adapter.ok && adapter.value.files).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'tokenizer_config.json',
    ]);
  });

  it.each<[string, Parameters<typeof adapterFiles>[0], string]>([
    ['has no configuration', { 'adapter_config.json': null }, 'no-adapter'],
    ['has no weights', { 'adapter_model.safetensors': null }, 'no-weights'],
    ['has pickled weights only', { 'adapter_model.safetensors': null, 'adapter_model.bin': 'x' }, 'pickled-weights'],
    ['has a configuration that is no JSON', { 'adapter_config.json': '{' }, 'damaged'],
    ['has a list as configuration', { 'adapter_config.json': '[]' }, 'damaged'],
    ['is of another kind', { 'adapter_config.json': config({ peft_type: 'LOHA' }) }, 'not-lora'],
    ['names no base', { 'adapter_config.json': config({ base_model_name_or_path: null }) }, 'no-base'],
    ['has no rank', { 'adapter_config.json': config({ r: '16' }) }, 'damaged'],
    ['names a module to import', { 'adapter_config.json': config({ megatron_config: {} }) }, 'remote-code'],
    ['changed its base, too', { 'adapter_config.json': config({ init_lora_weights: 'pissa' }) }, 'changed-base'],
    ['has a tokenizer with code', { 'tokenizer_config.json': '{"auto_map":{}}' }, 'remote-code'],
    ['has a damaged tokenizer', { 'tokenizer_config.json': 'nonsense' }, 'damaged'],
    ['has weights of something else', { 'adapter_model.safetensors': safetensors(BASE_SHAPES) }, 'damaged'],
  ])('is refused when it %s', async (_what, changes, code) => {
    expect(codeOf(await readAdapter(writeFiles(folder, adapterFiles(changes))))).toBe(code);
  });

  it('is refused where it is not there', async () => {
    expect(codeOf(await readAdapter(path.join(folder, 'gone')))).toBe('no-adapter');
  });

  const whole = safetensors(ADAPTER_SHAPES);
  const long = Buffer.alloc(8);
  long.writeBigUInt64LE(2n ** 63n);
  const one = (entry: object, bytes: number): Buffer => withHeader(JSON.stringify({ 'x.lora_A.weight': entry }), bytes);
  it.each<[string, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['cut in its header', whole.subarray(0, 40)],
    ['cut in its data', whole.subarray(0, -1)],
    ['longer than it says', Buffer.concat([whole, Buffer.alloc(1)])],
    ['with a length past every file', Buffer.concat([long, whole])],
    ['with a header that is no JSON', withHeader('{"x', 0)],
    ['with a header that is a list', withHeader('[]', 0)],
    ['with an unknown type', one({ dtype: 'F3', shape: [1], data_offsets: [0, 4] }, 4)],
    ['with a shape below zero', one({ dtype: 'F32', shape: [-1], data_offsets: [0, 4] }, 4)],
    ['with a shape that its bytes are not', one({ dtype: 'F32', shape: [2], data_offsets: [0, 4] }, 4)],
    ['with an endless shape', one({ dtype: 'F32', shape: [2 ** 52, 2 ** 52], data_offsets: [0, 4] }, 4)],
    ['with a place behind its end', one({ dtype: 'F32', shape: [1], data_offsets: [4, 8] }, 4)],
    ['with a gap', one({ dtype: 'F32', shape: [1], data_offsets: [4, 8] }, 8)],
    [
      'with tensors that share bytes',
      withHeader(
        JSON.stringify({
          'x.lora_A.weight': { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          'y.lora_A.weight': { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
        }),
        8,
      ),
    ],
  ])('is refused with weights that are %s', async (_what, weights) => {
    writeFiles(folder, adapterFiles({ 'adapter_model.safetensors': weights }));
    expect(codeOf(await readAdapter(folder))).toBe('damaged');
  });
});

describe('the base of an adapter', () => {
  const model = (id: string, source: string, revision: string | null = null): OpenWeightsModel => ({
    id,
    source,
    revision,
    licence: null,
    parameters: null,
    addedAt: '2026-11-27',
  });

  async function found(
    base: string,
    models: readonly OpenWeightsModel[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const files = adapterFiles({ 'adapter_config.json': config({ base_model_name_or_path: base }) });
    const adapter = await readAdapter(writeFiles(path.join(folder, 'adapter'), files));
    if (!adapter.ok) throw new Error(adapter.error.message);
    const result = await baseOf(adapter.value, models, env);
    return result.ok ? result.value.id : codeOf(result);
  }

  it('is found by its id, its folder, and the name of a folder of another machine', async () => {
    const tiny = writeFiles(path.join(folder, 'SmolLM2'), { 'model.safetensors': safetensors(BASE_SHAPES) });
    const models = [model('a/other', 'a/other'), model('SmolLM2', tiny)];
    expect(await found('a/other', models)).toBe('a/other');
    expect(await found('A/Other', models)).toBe('a/other');
    expect(await found(tiny, models)).toBe('SmolLM2');
    expect(await found('/content/SmolLM2', models)).toBe('SmolLM2');
    expect(await found('HuggingFaceTB/SmolLM2', models)).toBe('SmolLM2');
    expect(await found('HuggingFaceTB/SmolLM3', models)).toBe('unknown-base');
    expect(await found('x', [])).toBe('unknown-base');
  });

  it('is refused where its layers have another shape, in a folder and in the cache of the hub', async () => {
    const shapes = (out: number): Files => ({
      'model.safetensors': safetensors({ [`${LAYER}.weight`]: [out, 4], 'lm_head.weight': [9, 4] }),
    });
    const base = path.join(folder, 'base');
    writeFiles(base, shapes(6));
    expect(await found('base', [model('base', base)])).toBe('base');
    writeFiles(base, shapes(7));
    expect(await found('base', [model('base', base)])).toBe('other-base');
    const commit = 'c'.repeat(40);
    const cache = path.join(folder, 'hub');
    writeFiles(path.join(cache, 'models--o--n', 'snapshots', commit), shapes(7));
    expect(await found('o/n', [model('o/n', 'o/n', commit)], { HF_HUB_CACHE: cache })).toBe('other-base');
    mkdirSync(path.join(cache, 'models--o--n', 'refs'));
    writeFileSync(path.join(cache, 'models--o--n', 'refs', 'main'), `${commit}\n`);
    expect(await found('o/n', [model('o/n', 'o/n')], { HF_HUB_CACHE: cache })).toBe('other-base');
    // Nothing can be told where the files are not there, or where no layer has the adapter's names.
    expect(await found('o/n', [model('o/n', 'o/n')], { HF_HUB_CACHE: path.join(folder, 'none') })).toBe('o/n');
    writeFiles(base, { 'model.safetensors': safetensors({ 'blk.0.q.weight': [7, 4] }) });
    expect(await found('base', [model('base', base)])).toBe('base');
  });
});

describe('the zip file of an adapter', () => {
  async function unpacked(files: Files, changes?: ZipChanges): Promise<string> {
    const zip = path.join(folder, 'a.zip');
    writeFileSync(zip, zipOf(files, changes));
    return codeOf(await unpackAdapter(zip, target(), new AbortController().signal, () => undefined));
  }
  const target = (): string => {
    const made = path.join(folder, 'target');
    mkdirSync(made, { recursive: true });
    return made;
  };
  const prefixed = (prefix: string, files = adapterFiles()): Files =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [`${prefix}${name}`, content]));

  it.each(['', 'adapter/', 'a/b/'])('is unpacked, wherever the adapter lies in it (%j)', async (prefix) => {
    expect(await unpacked({ ...prefixed(prefix), 'other/x.txt': 'no' })).toBe('ok');
    expect(readdirSync(target()).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'tokenizer_config.json',
      'trainer_state.json',
    ]);
    expect(codeOf(await readAdapter(target()))).toBe('ok');
  });

  it.each(['../', '/', 'a/../../', '..\\', 'C:', 'a\\'])(
    'is refused whole with a name that leaves it (%j)',
    async (prefix) => {
      expect(await unpacked({ ...adapterFiles(), [`${prefix}evil.json`]: 'x' })).toBe('zip-leaves');
      expect(readdirSync(target())).toEqual([]);
      expect(readdirSync(folder).sort()).toEqual(['a.zip', 'target']);
    },
  );

  it.each<[string, Files, ZipChanges, string]>([
    ['has no adapter', { 'x.txt': 'x' }, {}, 'no-adapter'],
    ['has two adapters', { ...prefixed('a/'), ...prefixed('b/') }, {}, 'several-adapters'],
    [
      'has pickled weights',
      adapterFiles({ 'adapter_model.safetensors': null, 'adapter_model.bin': 'x' }),
      {},
      'pickled-weights',
    ],
    ['says it is too large', adapterFiles(), { bytes: 0xffff_fffe }, 'too-large'],
    ['is encrypted', adapterFiles(), { flags: 1 }, 'zip-not-read'],
    ['is compressed by another method', adapterFiles(), { method: 12 }, 'zip-not-read'],
    ['has another checksum', adapterFiles(), { crc: 1 }, 'damaged'],
    ['is a bomb: more than it says', adapterFiles({ 'tokenizer.json': 'x'.repeat(1e6) }), { bytes: 1000 }, 'damaged'],
    ['has no compressed data where it says so', adapterFiles(), { method: 0 }, 'damaged'],
  ])('is refused when it %s', async (_what, files, changes, code) => {
    expect(await unpacked(files, changes)).toBe(code);
  });

  it('is refused when it is none, and at every place where it was cut', async () => {
    const bytes = zipOf(adapterFiles());
    const zip = path.join(folder, 'a.zip');
    for (const length of [0, 10, 21, bytes.length - 30, bytes.length - 1]) {
      writeFileSync(zip, bytes.subarray(0, length));
      expect(codeOf(await unpackAdapter(zip, target(), new AbortController().signal, () => undefined))).toBe('not-zip');
    }
    const cut = Buffer.concat([Buffer.alloc(100), bytes.subarray(100)]);
    writeFileSync(zip, cut);
    expect(codeOf(await unpackAdapter(zip, target(), new AbortController().signal, () => undefined))).toBe('damaged');
  });

  it('stops when it is canceled', async () => {
    const zip = path.join(folder, 'a.zip');
    writeFileSync(zip, zipOf(adapterFiles()));
    const reason = new Error('canceled');
    const signal = AbortSignal.abort(reason);
    await expect(unpackAdapter(zip, target(), signal, () => undefined)).rejects.toBe(reason);
  });
});
