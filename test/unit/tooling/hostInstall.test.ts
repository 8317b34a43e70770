import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import { cleanEnvironment, exited, waitUntil } from '../../../scripts/lib/processes.ts';

// Stands for npm: writes the files of the package it is asked for, notes that it ran, and does as FAKE_NPM says.
const fakeNpm = `
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
const what = process.argv.at(-1);
appendFileSync(process.env.FAKE_NPM_CALLS, what + '\\n');
if (process.env.FAKE_NPM === 'fails') { console.log('no such package'); process.exit(1); }
if (process.env.FAKE_NPM === 'hangs') {
  // For ever, but not longer than whoever started it: one test kills that process without a word.
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.exit(); }, 200);
  await new Promise(() => {});
}
const write = (file) => { mkdirSync(dirname(file), { recursive: true }); writeFileSync(file, ''); };
if (what.startsWith('code-server')) {
  write('node_modules/code-server/out/node/entry.js');
  write('node_modules/code-server/lib/vscode/out/server-main.js');
} else {
  const folder = 'node_modules/' + what.replace(/@[^@]*$/, '') + '/bin';
  mkdirSync(folder, { recursive: true });
  symlinkSync(process.execPath, folder + '/node');
}
`;

describe.skipIf(process.platform === 'win32')('installing the browser host', () => {
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-test-'));
    await mkdir(path.join(folder, 'tuning-fork'));
    await writeFile(path.join(folder, 'npm.js'), fakeNpm);
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  /** A process that wants the host; its output is kept. */
  function ask(fakeNpmDoes = 'works'): { child: ChildProcess; output: () => string } {
    const script = `
      const { ensureBrowserHost } = await import(${JSON.stringify(inProject('scripts/lib/hostInstall.ts'))});
      try { console.log((await ensureBrowserHost(console.log, [])).codeServer); }
      catch (error) { console.log(error.message); process.exitCode = 1; }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: cleanEnvironment({
        XDG_CACHE_HOME: folder,
        npm_execpath: path.join(folder, 'npm.js'),
        FAKE_NPM: fakeNpmDoes,
        FAKE_NPM_CALLS: path.join(folder, 'calls'),
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    return { child, output: () => output };
  }

  const calls = async (): Promise<string[]> => (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');
  const left = async (): Promise<string[]> => await readdir(path.join(folder, 'tuning-fork'));

  it('happens once, however many ask at the same time', async () => {
    const askers = [ask(), ask(), ask()];
    const codes = await Promise.all(askers.map(({ child }) => exited(child)));
    expect(codes).toEqual([0, 0, 0]);
    expect(await calls()).toHaveLength(2);
    for (const { output } of askers) expect(output()).toMatch(/code-server\/out\/node\/entry\.js\n$/);
    expect(await left()).toEqual([expect.stringMatching(/^vscode-host-[\d.]+-\w+-\w+$/)]);
  });

  it('is not repeated', async () => {
    await exited(ask().child);
    expect(await exited(ask('fails').child)).toBe(0);
    expect(await calls()).toHaveLength(2);
  });

  it('says why it failed and leaves nothing that looks complete', async () => {
    const { child, output } = ask('fails');
    expect(await exited(child)).toBe(1);
    expect(output()).toContain('no such package');
    expect(output()).toContain('run the command again');
    expect(await left()).toEqual([]);
    expect(await exited(ask().child)).toBe(0);
  });

  it('leaves nothing when it is interrupted', async () => {
    const { child } = ask('hangs');
    await waitUntil('npm runs', 30_000, () => existsSync(path.join(folder, 'calls')));
    child.kill('SIGTERM');
    await exited(child);
    expect(await left()).toEqual([]);
  });

  it('starts over after it was killed half way', async () => {
    const { child } = ask('hangs');
    await waitUntil('npm runs', 30_000, () => existsSync(path.join(folder, 'calls')));
    child.kill('SIGKILL');
    await exited(child);
    expect((await left()).length).toBe(2);
    expect(await exited(ask().child)).toBe(0);
    expect(await left()).toEqual([expect.stringMatching(/^vscode-host-[\d.]+-\w+-\w+$/)]);
  });
});
