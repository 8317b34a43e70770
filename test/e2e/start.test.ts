import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchChromium } from '../../scripts/lib/chromium.ts';
import { localServerFile } from '../../scripts/lib/localServer.ts';
import { inProject, projectRoot } from '../../scripts/lib/paths.ts';
import { cleanEnvironment, exited, processesNaming, waitUntil } from '../../scripts/lib/processes.ts';

/** `npm start` as in a terminal: a process group that Ctrl-C reaches as a whole. */
class Start {
  readonly #child;
  output = '';

  constructor(state: string, folder: readonly string[]) {
    this.#child = spawn('npm', ['start', '--', '--port', '0', '--state', state, '--no-open', ...folder], {
      cwd: projectRoot,
      env: cleanEnvironment({ TUNING_FORK_HOST: 'browser' }),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    }
  }

  async address(): Promise<string> {
    const found = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(this.output)?.[0];
    await waitUntil('npm start prints its address', 120_000, () => {
      if (found() !== undefined) return true;
      if (this.#child.exitCode !== null) throw new Error(`npm start ended.\n${this.output}`);
      return false;
    });
    return found() ?? '';
  }

  /** Ctrl-C. */
  async interrupt(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGINT');
    await exited(this.#child);
  }

  /** Ends only npm, as a supervisor or a closed window may do. */
  async killNpm(): Promise<void> {
    this.#child.kill('SIGKILL');
    await exited(this.#child);
  }
}

describe.skipIf(process.platform === 'win32')('npm start', () => {
  let state: string;
  const started: Start[] = [];

  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-start-'));
  });

  afterEach(async () => {
    for (const start of started.splice(0)) await start.interrupt();
    await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  function npmStart(...folder: string[]): Start {
    const start = new Start(state, folder);
    started.push(start);
    onTestFailed(() => {
      console.log(start.output);
    });
    return start;
  }

  it('shows the sample workspace with the extension, trusted, and leaves nothing behind on Ctrl-C', async () => {
    const start = npmStart();
    const address = await start.address();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      await page.locator('.activitybar [aria-label^="Tuning Fork"]').first().waitFor({ timeout: 60_000 });
      await page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: '.jsonl' }).first().waitFor();
      expect(await page.getByText('Restricted Mode').count()).toBe(0);
      // The training server as the extension starts it: detached, noted in its storage.
      const data = path.dirname(localServerFile(path.join(state, 'browser/user')));
      const serve = spawn(process.execPath, [inProject('dist/cli.js'), 'serve', '--shared', '--data', data], {
        stdio: 'ignore',
        detached: true,
      });
      serve.unref();
      await waitUntil('serve is noted', 30_000, () => existsSync(path.join(data, 'server.json')));
      await start.interrupt();
    } finally {
      await browser.close();
    }
    await waitUntil('all processes have ended', 30_000, async () => (await processesNaming(state)).length === 0);
  });

  it('says where it runs already instead of starting twice', async () => {
    const address = await npmStart().address();
    const second = npmStart();
    expect(await second.address()).toBe(address);
    expect(second.output).toContain('Already running');
    // With a folder it is opened in what runs.
    const folder = path.join(state, 'data of mine');
    await mkdir(folder);
    const other = new URL(await npmStart(folder).address());
    expect([other.origin, other.searchParams.get('folder')]).toEqual([new URL(address).origin, folder]);
  });

  it('ends when npm is killed alone', async () => {
    const start = npmStart();
    await start.address();
    await start.killNpm();
    await waitUntil('all processes have ended', 30_000, async () => (await processesNaming(state)).length === 0);
  });
});
