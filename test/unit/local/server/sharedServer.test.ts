/* eslint-disable @typescript-eslint/no-deprecated -- what clients still send (seed, max_tokens, top-level hyperparameters) must work */
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOrStart, healthyServer } from '../../../../src/local/server/sharedServer.ts';
import { intents } from '../support.ts';
import type { CliRun } from '../serveProcess.ts';
import { hasEnded, removeFolder, runCli, stop, temporaryFolder, until, upload } from '../serveProcess.ts';

describe('one server a data folder', () => {
  let folder: string;
  const runs: CliRun[] = [];
  const shared = (...args: string[]): CliRun => {
    const run = runCli('serve', '--shared', '--data', folder, ...args);
    runs.push(run);
    return run;
  };
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => stop(run, 'SIGKILL')));
    removeFolder(folder);
  });
  const state = (): { pid: number; base_url: string; token: string; version: string } =>
    JSON.parse(readFileSync(path.join(folder, 'server.json'), 'utf8')) as ReturnType<typeof state>;

  it('is decided by the lock when several processes start at once: all print the same address, all but one end with 0', async () => {
    const racing = Array.from({ length: 6 }, () => shared());
    const lines = await Promise.all(racing.map(({ line }) => line));
    expect(new Set(lines).size).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ base_url: state().base_url, api_key: state().token });
    const winner = racing.find(({ child }) => child.pid === state().pid);
    expect(winner).toBeDefined();
    const others = racing.filter((run) => run !== winner);
    expect(await Promise.all(others.map(({ exitCode }) => exitCode))).toEqual(others.map(() => 0));
    if (process.platform !== 'win32') expect(statSync(path.join(folder, 'server.json')).mode & 0o777).toBe(0o600);
    expect(existsSync(path.join(folder, 'server.lock'))).toBe(false);
    // The winner goes on serving, and removes its address when it is told to end.
    expect(await healthyServer(folder)).not.toBeNull();
    if (winner) expect(await stop(winner)).toBe(0);
    expect(existsSync(path.join(folder, 'server.json'))).toBe(false);
  });

  it('replaces the file of a server that was killed, and a lock it left', async () => {
    const first = shared();
    await first.line;
    await stop(first, 'SIGKILL');
    const dead = state();
    writeFileSync(path.join(folder, 'server.lock'), `${String(dead.pid)} 0`);
    const second = shared();
    expect(await second.line).not.toBeNull();
    expect(state().pid).toBe(second.child.pid);
    expect(state().token).not.toBe(dead.token);
  });

  it('replaces a file that names a living process which is no server of ours', async () => {
    // Another program on the port, which answers anything with 200.
    const other = createServer((_, response) => response.end('{"status":"ok"}'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      writeFileSync(
        path.join(folder, 'server.json'),
        JSON.stringify({ pid: process.pid, base_url: `http://127.0.0.1:${String(port)}/v1`, token: 'x', version: '0' }),
      );
      const run = shared();
      expect(JSON.parse((await run.line) ?? '')).toMatchObject({
        base_url: expect.not.stringContaining(`:${String(port)}/`) as string,
      });
    } finally {
      other.close();
    }
  });

  it.each(['', '{', '[]', '{"pid":1}', '{"pid":1,"base_url":"http://evil.example/v1","token":"x","version":"1"}'])(
    'replaces an unreadable file: %j',
    async (text) => {
      writeFileSync(path.join(folder, 'server.json'), text);
      expect(await healthyServer(folder)).toBeNull();
      const started = await findOrStart({ dataFolder: folder, version: 'test', idleMilliseconds: 60_000 });
      expect(started.kind).toBe('started');
      if (started.kind === 'started') await started.close();
    },
  );

  it('takes over a lock that nobody has touched for long', async () => {
    const file = path.join(folder, 'server.lock');
    writeFileSync(file, `${String(process.pid)} 0`);
    utimesSync(file, new Date(0), new Date(0));
    const started = await findOrStart({ dataFolder: folder, version: 'test', idleMilliseconds: 60_000 });
    expect(started.kind).toBe('started');
    if (started.kind === 'started') await started.close();
  });

  it('trains on without anybody asking, then ends by itself', async () => {
    const run = shared('--idle-minutes', '0.01');
    const address = JSON.parse((await run.line) ?? '') as { base_url: string; api_key: string };
    const client = new OpenAI({ baseURL: address.base_url, apiKey: address.api_key, maxRetries: 0 });
    const job = await client.fineTuning.jobs.create({
      model: 'local-linear-1',
      training_file: await upload(client, intents(200, 1)),
      hyperparameters: { n_epochs: 20, batch_size: 1 },
    });
    expect(await run.exitCode).toBe(0);
    expect(existsSync(path.join(folder, 'server.json'))).toBe(false);
    const again = await findOrStart({ dataFolder: folder, version: 'test', idleMilliseconds: 60_000 });
    const after = new OpenAI({ baseURL: again.address.baseUrl, apiKey: again.address.apiKey, maxRetries: 0 });
    expect((await until(after, job.id, hasEnded)).status).toBe('succeeded');
    if (again.kind === 'started') await again.close();
  });

  it('is not served twice: plain serve refuses a folder that is served already', async () => {
    const first = shared();
    await first.line;
    const second = runCli('serve', '--data', folder);
    runs.push(second);
    expect(await second.exitCode).toBe(2);
    expect(second.errors()).toMatch(/served by another process already\. Stop that one/u);
  });
});
