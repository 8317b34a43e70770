import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesktopCode, type DesktopWindow } from '../../../scripts/lib/desktop.ts';
import { openProfile, type HostProfile } from '../../../scripts/lib/hostProfile.ts';
import { isAlive, waitUntil } from '../../../scripts/lib/processes.ts';

// Stands for desktop VS Code: the command leaves at once, the window lives on and notes its process in code.lock.
const fakeCode = `#!/usr/bin/env node
const { spawn } = require('node:child_process');
const { appendFileSync, writeFileSync } = require('node:fs');
const value = (name) => process.argv.find((one) => one.startsWith(name + '=')).slice(name.length + 1);
const userData = value('--user-data-dir');
appendFileSync(userData + '/calls', JSON.stringify(process.argv.slice(2)) + '\\n');
if (!process.argv.includes('--install-extension')) {
  const window = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  writeFileSync(userData + '/code.lock', String(window.pid));
  window.unref();
}
`;

describe.skipIf(process.platform === 'win32')('desktop VS Code', () => {
  let folder: string;
  let profile: HostProfile;
  let window: DesktopWindow | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-test-'));
    await writeFile(path.join(folder, 'code'), fakeCode);
    await chmod(path.join(folder, 'code'), 0o755);
    profile = await openProfile(path.join(folder, 'profile'));
    await mkdir(path.join(folder, 'workspace'));
  });

  afterEach(async () => {
    await window?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(): Promise<number> {
    const workspace = path.join(folder, 'workspace');
    window = await openDesktopCode(path.join(folder, 'code'), profile, '/x.vsix', workspace);
    const lock = path.join(profile.userData, 'code.lock');
    await waitUntil('the window is open', 30_000, async () => (await readFile(lock, 'utf8').catch(() => '')) !== '');
    return Number(await readFile(lock, 'utf8'));
  }

  it('is opened with the extension, a profile of its own and the workspace trusted', async () => {
    await open();
    const calls = (await readFile(path.join(profile.userData, 'calls'), 'utf8')).trim().split('\n');
    const [install, start] = calls.map((line) => JSON.parse(line) as string[]);
    expect(install).toContain('/x.vsix');
    for (const call of [install, start]) expect(call).toContain(`--user-data-dir=${profile.userData}`);
    expect(start).toContain('--disable-workspace-trust');
    expect(start?.at(-1)).toBe(path.join(folder, 'workspace'));
  });

  it('is ended although its command has left long ago', async () => {
    const pid = await open();
    expect(isAlive(pid)).toBe(true);
    await window?.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('is seen to be closed by the user', async () => {
    const pid = await open();
    process.kill(pid);
    await window?.closed;
    expect(isAlive(pid)).toBe(false);
  });
});
