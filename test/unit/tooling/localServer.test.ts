import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLocalServer, localServerFile } from '../../../scripts/lib/localServer.ts';
import { isAlive } from '../../../scripts/lib/processes.ts';

describe('ending the training server of a profile', () => {
  let profile: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    profile = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-test-'));
    await mkdir(path.dirname(localServerFile(profile)), { recursive: true });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(profile, { recursive: true, force: true });
  });

  /** A process that waits for ever, as if it were the script of this name. */
  async function waiting(script: string): Promise<number> {
    const file = path.join(profile, script);
    await writeFile(file, 'setInterval(() => {}, 1000); console.log("here");');
    const child = spawn(process.execPath, [file, 'serve', '--data', profile], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child.pid ?? 0;
  }

  it('ends it', async () => {
    const pid = await waiting('cli.js');
    await writeFile(localServerFile(profile), JSON.stringify({ pid }));
    await endLocalServer(profile);
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves a stranger alone that has got its id', async () => {
    const pid = await waiting('other.js');
    await writeFile(localServerFile(profile), JSON.stringify({ pid }));
    await endLocalServer(profile);
    expect(isAlive(pid)).toBe(true);
  });

  it.each(['', '{', '{}', '{"pid": "1"}', '{"pid": -1}', '{"pid": 0}', '{"pid": 4194304}'])(
    'does nothing when its note says %j',
    async (text) => {
      await writeFile(localServerFile(profile), text);
      await endLocalServer(profile);
    },
  );
});
