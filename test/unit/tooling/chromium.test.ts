import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserPackages, chromiumPath, findChromium } from '../../../scripts/lib/chromium.ts';
import { findDesktopCode } from '../../../scripts/lib/desktop.ts';
import { findProgram } from '../../../scripts/lib/programs.ts';

describe.skipIf(process.platform === 'win32')('finding programs', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-test-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function program(name: string, mode = 0o755): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, '#!/bin/sh\n');
    await chmod(file, mode);
    return file;
  }

  it('takes a program on the PATH, not a file that cannot be run', async () => {
    const file = await program('tool');
    await program('text', 0o644);
    expect(findProgram('tool', `/nowhere:${folder}`)).toBe(file);
    expect(findProgram('text', folder)).toBeUndefined();
    expect(findProgram('tool', '')).toBeUndefined();
  });

  it('takes the browser that CHROME_PATH names, and no other in its place', async () => {
    const file = await program('my-browser');
    await program('chromium');
    expect(findChromium({ CHROME_PATH: file, PATH: folder })).toBe(file);
    expect(findChromium({ CHROME_PATH: path.join(folder, 'gone'), PATH: folder })).toBeUndefined();
    expect(findChromium({ PATH: folder })).toBe(path.join(folder, 'chromium'));
  });

  it('takes desktop VS Code only where it can show a window of ours', async () => {
    const file = await program('code');
    const display = { PATH: folder, DISPLAY: ':0' };
    expect(findDesktopCode(display)).toBe(file);
    expect(findDesktopCode({ ...display, TUNING_FORK_HOST: 'browser' })).toBeUndefined();
    expect(findDesktopCode({ ...display, VSCODE_IPC_HOOK_CLI: '/tmp/x.sock' })).toBeUndefined();
    expect(findDesktopCode({ ...display, WSL_DISTRO_NAME: 'Debian' })).toBeUndefined();
    if (process.platform === 'linux') expect(findDesktopCode({ PATH: folder })).toBeUndefined();
  });

  it('has a browser that CHROME_PATH names, and says so when it does not exist', () => {
    vi.stubEnv('CHROME_PATH', path.join(folder, 'gone'));
    expect(browserPackages[0]?.isPresent()).toBe(true);
    expect(() => chromiumPath()).toThrow(/^CHROME_PATH names .*gone, which does not exist\.\n/);
    vi.unstubAllEnvs();
  });
});
