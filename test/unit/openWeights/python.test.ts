import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPython, isNewEnough } from '../../../src/openWeights/python.ts';
import { FakePrograms, type FakePython } from '../../support/openWeights/fakePrograms.ts';

describe.skipIf(process.platform === 'win32')('finding Python', () => {
  let folder: string;
  let programs: FakePrograms;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-python-'));
    programs = new FakePrograms(folder);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const find = (more: { setting?: string; known?: readonly string[]; hasUv?: boolean } = {}) =>
    findPython({ setting: '', known: [], hasUv: false, env: programs.env, ...more });

  it('takes python3 of the PATH, with what it tells of itself', async () => {
    const file = await programs.add('python3', { version: '3.12.4' });
    const found = await find();
    expect(found).toMatchObject({ ok: true, value: { version: '3.12.4', executable: file, hasVenv: true } });
  });

  it('is asked without the tokens and paths of the window', async () => {
    await programs.add('python3');
    const env = {
      ...programs.env,
      HF_TOKEN: 'hf_secret',
      PYTHONPATH: '/elsewhere',
      VIRTUAL_ENV: '/other',
      TUNING_FORK_RAY_TOKEN: 'secret',
    };
    expect(await findPython({ setting: '', known: [], hasUv: false, env })).toMatchObject({ ok: true });
    const [call] = await programs.calls();
    expect(call?.env).toMatchObject({ HOME: programs.folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' });
    for (const name of ['HF_TOKEN', 'PYTHONPATH', 'VIRTUAL_ENV', 'TUNING_FORK_RAY_TOKEN'])
      expect(call?.env).not.toHaveProperty(name);
  });

  it('prefers a Python that the Python Environments extension names, unless that one does not run', async () => {
    await programs.add('python3');
    const known = await programs.add('known-python', { version: '3.13.1' });
    expect(await find({ known: [known] })).toMatchObject({ value: { version: '3.13.1' } });
    expect(await find({ known: [path.join(folder, 'gone')] })).toMatchObject({ value: { version: '3.12.4' } });
  });

  it('passes an old python3 by for a newer one beside it', async () => {
    await programs.add('python3', { version: '3.9.2' });
    await programs.add('python3.11', { version: '3.11.2' });
    expect(await find()).toMatchObject({ ok: true, value: { version: '3.11.2' } });
  });

  it('takes the one of the setting, and no other', async () => {
    await programs.add('python3');
    const own = await programs.add('own', { version: '3.11.0' });
    expect(await find({ setting: own })).toMatchObject({ value: { version: '3.11.0' } });
    const gone = path.join(folder, 'gone');
    expect(await find({ setting: gone })).toMatchObject({
      ok: false,
      error: {
        code: 'no-python',
        message: `${gone}, named by the setting tuningFork.openWeights.python, does not run as Python.`,
      },
    });
  });

  it.each<[string, FakePython | null, string, RegExp]>([
    ['none', null, 'no-python', /needs Python 3\.11 or newer, and none was found/],
    ['3.9', { version: '3.9.18' }, 'old-python', /newest Python found is 3\.9\.18/],
    ['2.7', { version: '2.7.18' }, 'old-python', /newest Python found is 2\.7\.18/],
    ['32 bits', { wide: false }, 'narrow-python', /32-bit/],
    ['no venv module', { venv: false }, 'no-venv', /cannot make virtual environments/],
  ])('says why in one sentence: %s', async (_, behavior, code, message) => {
    if (behavior) await programs.add('python3', behavior);
    const found = await find();
    expect(found).toMatchObject({ ok: false, error: { code } });
    if (!found.ok) {
      expect(found.error.message).toMatch(message);
      expect(found.error.action).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('needs no venv module where uv makes the environment', async () => {
    await programs.add('python3', { venv: false });
    expect(await find({ hasUv: true })).toMatchObject({ ok: true });
  });

  it('tells Debian which package is missing', async () => {
    await programs.add('python3', { venv: false });
    const found = await find();
    if (!found.ok && process.platform === 'linux') expect(found.error.action).toContain('apt-get install python3-venv');
    expect(found.ok).toBe(false);
  });

  it('compares versions by number', () => {
    expect(['3.11.0', '3.14', '4.0'].map(isNewEnough)).toEqual([true, true, true]);
    expect(['3.10.14', '3.9.20', '2.7.18', '3.1', ''].map(isNewEnough)).toEqual([false, false, false, false, false]);
  });
});
