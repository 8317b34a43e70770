import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import { cleanEnvironment } from '../../../scripts/lib/processes.ts';
import { withProgress } from '../../../scripts/lib/progress.ts';
import { ensurePackages, MissingPackages, type Requirement } from '../../../scripts/lib/systemPackages.ts';

function requirement(name: string, isPresent = (): boolean => false): Requirement {
  return { package: name, purpose: `for ${name}`, isPresent };
}

describe('missing system packages', () => {
  it.runIf(process.platform === 'linux')('are all named in one command, those that are there are not', () => {
    const { message } = new MissingPackages([requirement('libkrb5-dev'), requirement('chromium')]);
    expect(message).toContain('libkrb5-dev (for libkrb5-dev)');
    expect(message.split('\n').filter((line) => line.includes('apt-get'))).toEqual([
      '  sudo apt-get update && sudo apt-get install -y --no-install-recommends libkrb5-dev chromium',
    ]);
  });

  it('are none when all is there', async () => {
    await ensurePackages([requirement('make', () => true)], () => {
      throw new Error('Nothing has to be said.');
    });
  });
});

// Processes of their own: what is missing is decided by the PATH and by who asks.
describe.runIf(process.platform === 'linux')('preparing a step', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-prepare-'));
    // Others may read it: the process becomes an ordinary user.
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, 'bin'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Asks for the host and the browser with only these programs on the PATH. */
  function prepare(asRoot: boolean): string {
    const script = `
      process.getuid = () => ${asRoot ? '0' : '1000'};
      const { prepareSystem } = await import(${JSON.stringify(inProject('scripts/lib/prepare.ts'))});
      try { await prepareSystem(['host', 'browser']); console.log('prepared'); } catch (error) { console.log(error.message); }`;
    const env = cleanEnvironment({ PATH: path.join(folder, 'bin'), XDG_CACHE_HOME: path.join(folder, 'cache') });
    delete env['CHROME_PATH'];
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env,
      encoding: 'utf8',
    });
    return stdout + stderr;
  }

  it('tells an ordinary user of the tools of the host and of the browser at once', () => {
    const output = prepare(false);
    const commands = output.split('\n').filter((line) => line.includes('apt-get install'));
    expect(commands).toHaveLength(1);
    for (const name of ['python3', 'make', 'g++']) expect(commands[0]?.split(' ')).toContain(name);
    expect(output).not.toContain('prepared');
  });

  it('installs all of it with one call as root, and says what was said when that fails', async () => {
    const calls = path.join(folder, 'calls');
    await writeFile(
      path.join(folder, 'bin/apt-get'),
      `#!/bin/sh\necho "$@" >> '${calls}'\necho 'E: Unable to fetch some archives' >&2\nexit 100\n`,
      { mode: 0o755 },
    );
    const output = prepare(true);
    expect(output).toMatch(/^Installing system packages: python3 make g\+\+/);
    expect(output).toContain('E: Unable to fetch some archives');
    expect(output).toContain('sudo apt-get update && sudo apt-get install');
    const [update, install, ...more] = (await readFile(calls, 'utf8')).trim().split('\n');
    expect(update).toMatch(/^update/);
    expect(install).toMatch(/^install .*python3 make g\+\+/);
    expect(more).toEqual([]);
  });
});

describe('progress', () => {
  it('is told while something takes long, and no longer', async () => {
    const lines: string[] = [];
    let end: ((value: string) => void) | undefined;
    const work = new Promise<string>((resolve) => {
      end = resolve;
    });
    const say = (line: string): void => {
      lines.push(line);
      if (lines.length === 3) end?.('done');
    };
    expect(await withProgress(say, 'Waiting', () => work, 1)).toBe('done');
    expect(lines).toEqual(['Waiting …', 'Waiting … 0 s', 'Waiting … 0 s']);
  });
});

describe('npm start with a folder', () => {
  it('that does not exist says so in one sentence and starts nothing', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [inProject('scripts/start.ts'), '/no/such/folder'], {
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.split('\n')[0]).toBe(`The folder ${path.resolve('/no/such/folder')} does not exist.`);
  });

  it('that is a file says so', () => {
    const file = inProject('README.md');
    const { status, stderr } = spawnSync(process.execPath, [inProject('scripts/start.ts'), file], {
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect([status, stderr.split('\n')[0]]).toEqual([1, `${file} is no folder.`]);
  });
});
