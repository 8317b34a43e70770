import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alone, removeEnvironment, stateOf } from '../../../src/openWeights/environment.ts';
import { placesIn, isSetUp, type Places } from '../../../src/openWeights/places.ts';
import { makePlan, type SetUpPlan } from '../../../src/openWeights/plan.ts';
import { OpenWeightsError } from '../../../src/openWeights/problems.ts';
import { readRegistry, updateRegistry } from '../../../src/openWeights/registry.ts';
import { setUp, SetUpCancelled, updateTrainer } from '../../../src/openWeights/setUp.ts';
import { isAlive } from '../../../scripts/lib/processes.ts';
import { FakePrograms, type FakePython } from '../../support/openWeights/fakePrograms.ts';

const GIGABYTE = 1e9;

describe.skipIf(process.platform === 'win32')('set-up of open-weights training', () => {
  let storage: string;
  let trainer: string;
  let places: Places;
  let programs: FakePrograms;
  let abort: AbortController;
  let reports: string[];

  beforeEach(async () => {
    storage = await mkdtemp(path.join(tmpdir(), 'tuning-fork-set-up-'));
    trainer = path.join(storage, 'extension', 'trainer');
    await mkdir(path.join(trainer, 'src/tuning_fork_trainer/__pycache__'), { recursive: true });
    await writeFile(path.join(trainer, 'pyproject.toml'), '[project]\n');
    await writeFile(path.join(trainer, 'src/tuning_fork_trainer/__main__.py'), 'pass\n');
    await writeFile(path.join(trainer, 'src/tuning_fork_trainer/__pycache__/x.pyc'), 'x');
    places = placesIn(storage);
    programs = new FakePrograms(storage);
    abort = new AbortController();
    reports = [];
  });

  afterEach(async () => {
    await rm(storage, { recursive: true, force: true });
  });

  async function plan(
    behavior: FakePython = {},
    more: { reach?: boolean; free?: number } = {},
  ): Promise<ReturnType<typeof makePlan>> {
    await programs.add('python3', behavior);
    return makePlan({
      storage,
      setting: '',
      known: [],
      env: programs.env,
      reach: () => Promise.resolve(more.reach ?? false),
      freeBytes: () => Promise.resolve(more.free ?? 50 * GIGABYTE),
    });
  }

  async function planned(behavior: FakePython = {}, more: { reach?: boolean } = {}): Promise<SetUpPlan> {
    const made = await plan(behavior, more);
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  }

  async function install(made: SetUpPlan, onReport: () => void = () => undefined): Promise<void> {
    await setUp({
      storage,
      trainer,
      plan: made,
      env: {
        ...programs.env,
        PIP_INDEX_URL: 'https://index.example/simple',
        HF_TOKEN: 'hf_secret1234',
        PYTHONPATH: '/x',
      },
      signal: abort.signal,
      report: (message) => {
        reports.push(message);
        onReport();
      },
    });
  }

  async function failure(made: SetUpPlan): Promise<OpenWeightsError> {
    const error: unknown = await install(made).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof OpenWeightsError)) throw new Error(`No failure: ${String(error)}`);
    return error;
  }

  /** What is left under `open-weights`, apart from the lock and the log. */
  const left = async (): Promise<readonly string[]> =>
    (await readdir(places.root)).filter((name) => !/^set-up\.(lock|log)$/.test(name)).sort();

  it('makes the environment, installs torch first and then the trainer, and marks it complete', async () => {
    await install(await planned());
    expect(isSetUp(storage)).toBe(true);
    expect((await stateOf(storage, trainer)).kind).toBe('ready');
    expect(await left()).toEqual(['venv']);
    expect((await readRegistry(places.server)).python).toBe(path.join(places.venv, 'bin/python'));
    const installs = (await programs.calls()).filter(({ args }) => args.includes('install'));
    expect(installs.map(({ args }) => args.at(-1))).toEqual([
      'torch==2.13.0',
      path.join(places.temporary, 'trainer[gguf]'),
    ]);
    expect(reports).toContain('Downloading torch (190.2 MB)');
    expect(reports).toContain('Installing torch');
    expect(reports).toContain('Downloading peft (512 kB)');
    expect(reports[0]).toBe('Making the virtual environment');
  });

  it('keeps the index of the user, and hands on no token and no search path of other programs', async () => {
    await install(await planned());
    const installs = (await programs.calls()).filter(({ args }) => args.includes('install'));
    for (const { env } of installs) {
      expect(env['PIP_INDEX_URL']).toBe('https://index.example/simple');
      expect(env['HF_TOKEN']).toBeUndefined();
      expect(env['PYTHONPATH']).toBeUndefined();
      expect(env['TMPDIR']).toBe(places.temporary);
    }
    expect(installs).toHaveLength(2);
  });

  it('looks at the machine without them as well', async () => {
    for (const name of ['uv', 'nvidia-smi']) await programs.add(name);
    await planned();
    const calls = await programs.calls();
    expect(calls.map(({ program }) => program).sort()).toEqual(['nvidia-smi', 'python3', 'uv']);
    for (const { env } of calls) {
      expect(env['HF_TOKEN']).toBeUndefined();
      expect(env['PYTHONPATH']).toBeUndefined();
      expect(env['HF_HUB_DISABLE_IMPLICIT_TOKEN']).toBe('1');
    }
  });

  it('lets uv choose the build of torch where its index answers, and pip where it does not', async () => {
    await programs.add('uv');
    await install(await planned({}, { reach: true }));
    const withUv = (await programs.calls()).filter(({ program }) => program === 'uv').map(({ args }) => args.join(' '));
    expect(withUv.some((args) => args.includes('venv --seed'))).toBe(true);
    expect(withUv.some((args) => args.includes('--torch-backend=auto torch'))).toBe(true);
    await install(await planned({}, { reach: false }));
    const last = (await programs.calls()).filter(({ args }) => args.includes('torch==2.13.0'));
    expect(last.map(({ program }) => program)).toEqual(['python']);
  });

  it('takes the build for the CPU from torch’s index when there is no GPU, and plans more room when there is one', async () => {
    const cpu = await planned({}, { reach: true });
    expect(cpu).toMatchObject({ build: process.platform === 'darwin' ? 'cpu' : 'cpu', bytes: [3e9, 3e9] });
    await install(cpu);
    const torch = (await programs.calls()).find(({ args }) => args.includes('torch==2.13.0'));
    if (process.platform !== 'darwin') expect(torch?.args).toContain('https://download.pytorch.org/whl/cpu');
    await programs.add('nvidia-smi');
    if (process.platform !== 'darwin') {
      expect(await planned({}, { reach: true })).toMatchObject({ build: 'cuda', bytes: [8e9, 8e9] });
    }
  });

  it('refuses before anything is installed when the disk has no room', async () => {
    const made = await plan({}, { free: 2 * GIGABYTE });
    expect(made).toMatchObject({ ok: false, error: { code: 'no-disk' } });
    if (!made.ok) expect(made.error.message).toContain('needs 3 GB');
    expect((await programs.calls()).some(({ args }) => args.includes('venv'))).toBe(false);
  });

  it.each<[string, FakePython, string, RegExp, boolean]>([
    ['pip fails', { pip: 'fails' }, 'install-failed', /PyTorch failed: ERROR: No matching distribution found/, true],
    ['no network', { pip: 'no-network' }, 'no-network', /package index cannot be reached/, true],
    ['the disk is full', { pip: 'no-space' }, 'no-disk', /became full/, true],
    ['venv lacks ensurepip', { venvFails: true }, 'no-venv', /cannot make virtual environments/, true],
    ['the trainer does not import', { broken: true }, 'trainer-broken', /libgomp/, true],
  ])('leaves nothing and says why in one sentence: %s', async (_, behavior, code, message, hasLog) => {
    const { problem, log } = await failure(await planned(behavior));
    expect(problem.code).toBe(code);
    expect(problem.message).toMatch(message);
    expect(problem.action).toMatch(/^[A-Z].*\.$/);
    expect(log !== null).toBe(hasLog);
    expect(isSetUp(storage)).toBe(false);
    expect(await left()).toEqual([]);
    expect((await readRegistry(places.server)).python).toBeNull();
  });

  it('writes what programs print to the log, without keys', async () => {
    const { log } = await failure(await planned({ pip: 'fails' }));
    const text = await readFile(log ?? '', 'utf8');
    expect(text).toContain('No matching distribution');
    expect(text).toContain('$ python3 -m venv');
    expect(text).not.toContain('hf_secret');
  });

  it('ends the whole process group when it is cancelled, and leaves nothing', async () => {
    const made = await planned({ pip: 'hangs' });
    let child = 0;
    await expect(
      install(made, () => {
        child = Number(/^Downloading child-(\d+)$/.exec(reports.at(-1) ?? '')?.[1] ?? 0);
        if (child > 0) abort.abort();
      }),
    ).rejects.toBeInstanceOf(SetUpCancelled);
    expect(child).toBeGreaterThan(0);
    await vi.waitFor(() => {
      expect(isAlive(child)).toBe(false);
    });
    expect(await left()).toEqual([]);
    expect(isSetUp(storage)).toBe(false);
  });

  it('repairs by making it anew, and has the earlier environment again when that fails', async () => {
    await install(await planned());
    await writeFile(path.join(places.venv, 'earlier'), '');
    await failure(await planned({ pip: 'fails' }));
    expect(isSetUp(storage)).toBe(true);
    expect(existsSync(path.join(places.venv, 'earlier'))).toBe(true);
    await install(await planned());
    expect(existsSync(path.join(places.venv, 'earlier'))).toBe(false);
    expect(await left()).toEqual(['venv']);
  });

  it('recovers from a process that died halfway through a repair', async () => {
    await install(await planned());
    await writeFile(path.join(places.venv, 'earlier'), '');
    await rename(places.venv, places.old);
    await mkdir(path.join(places.venv, 'bin'), { recursive: true });
    await writeFile(path.join(places.venv, 'bin/python'), '');
    expect(isSetUp(storage)).toBe(false);
    await failure(await planned({ pip: 'fails' }));
    expect(existsSync(path.join(places.venv, 'earlier'))).toBe(true);
    expect(await left()).toEqual(['venv']);
  });

  it('is out of date with other files of the trainer, and is updated by installing only these', async () => {
    await install(await planned());
    await writeFile(path.join(trainer, 'src/tuning_fork_trainer/__main__.py'), 'print()\n');
    expect((await stateOf(storage, trainer)).kind).toBe('outdated');
    const before = (await programs.calls()).length;
    await updateTrainer({
      storage,
      trainer,
      env: programs.env,
      signal: abort.signal,
      report: () => undefined,
      installer: 'pip',
    });
    expect((await stateOf(storage, trainer)).kind).toBe('ready');
    const after = (await programs.calls()).slice(before);
    expect(after.some(({ args }) => args.some((arg) => arg.startsWith('torch')))).toBe(false);
    expect(after.some(({ args }) => args.some((arg) => arg.endsWith('trainer[gguf]')))).toBe(true);
  });

  it('is removed without the models', async () => {
    await install(await planned());
    const model = { id: 'a/b', source: 'a/b', revision: null, licence: null, parameters: null, addedAt: '2026-11-27' };
    await updateRegistry(places.server, (registry) => ({ ...registry, models: [model] }));
    await removeEnvironment(places);
    expect((await stateOf(storage, trainer)).kind).toBe('missing');
    expect(await left()).toEqual([]);
    expect(await readRegistry(places.server)).toEqual({ python: null, models: [model] });
  });

  it('is done by one window at a time', async () => {
    const made = await planned();
    await mkdir(places.root, { recursive: true });
    await alone(places, async () => {
      expect((await failure(made)).problem.code).toBe('set-up-busy');
    });
    await install(made);
    expect(isSetUp(storage)).toBe(true);
  });

  it('says that a build without the trainer’s files has none', async () => {
    await rm(trainer, { recursive: true });
    expect((await failure(await planned())).problem.code).toBe('no-trainer');
  });
});
