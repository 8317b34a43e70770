import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalServerProcess } from '../../../src/connections/localServerProcess.ts';
import { BUILT_CLI as cli } from '../../support/builtCli.ts';

interface State {
  readonly pid: number;
  readonly base_url: string;
}

describe("the embedded provider's launcher", () => {
  let folder: string;
  const state = async (): Promise<State> =>
    JSON.parse(await readFile(path.join(folder, 'server.json'), 'utf8')) as State;
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-launcher-'));
  });
  afterEach(async () => {
    const running = await state().catch(() => null);
    if (running && isAlive(running.pid)) {
      process.kill(running.pid, 'SIGTERM');
      await expect.poll(() => isAlive(running.pid), { timeout: 15_000 }).toBe(false);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('starts nothing when it is only asked what runs', async () => {
    expect(await new LocalServerProcess({ cli, folder }).running()).toBeNull();
    await expect(state()).rejects.toThrow();
  });

  it('starts one server for two windows that ask at once, and finds it again', async () => {
    const windows = [new LocalServerProcess({ cli, folder }), new LocalServerProcess({ cli, folder })];
    const started = await Promise.all(windows.map((window) => window.ensure()));
    const urls = started.map((result) => (result.ok ? result.value.baseUrl : result.error.message));
    expect(new Set(urls).size).toBe(1);
    expect(urls[0]).toBe((await state()).base_url);
    expect((await new LocalServerProcess({ cli, folder }).running())?.baseUrl).toBe(urls[0]);
  });

  it('replaces one that was killed', async () => {
    const launcher = new LocalServerProcess({ cli, folder });
    await launcher.ensure();
    const { pid } = await state();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => launcher.running()).toBeNull();
    expect((await launcher.ensure()).ok).toBe(true);
    expect((await state()).pid).not.toBe(pid);
  });

  it('does not believe a file that is damaged', async () => {
    await writeFile(path.join(folder, 'server.json'), '{"pid": 1, "base_url":');
    const launcher = new LocalServerProcess({ cli, folder });
    expect(await launcher.running()).toBeNull();
    expect((await launcher.ensure()).ok).toBe(true);
  });

  it('says in one sentence with one action that it does not start', async () => {
    const broken = path.join(folder, 'broken.js');
    await writeFile(broken, 'process.exit(3);');
    const result = await new LocalServerProcess({ cli: broken, folder }).ensure();
    expect(result).toMatchObject({ ok: false, error: { code: 'local-server-start' } });
    if (!result.ok) expect(`${result.error.message} ${result.error.action}`).toMatch(/^[^.]+\. .+\.$/);
  });
});
