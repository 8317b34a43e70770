import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, runCli, startServing, stop, temporaryFolder } from '../local/serveProcess.ts';

describe('cli serve', () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryFolder();
  });
  afterAll(() => {
    removeFolder(folder);
  });

  it('prints exactly one line of JSON and ends cleanly when it is stopped', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const serving = await startServing(path.join(folder, 'a'));
      expect(serving.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/u);
      expect((await serving.client.models.list()).data[0]?.id).toBe('local-linear-1');
      expect(await stop(serving, signal)).toBe(0);
      const line = JSON.stringify({ base_url: serving.baseUrl, api_key: serving.apiKey });
      expect(serving.output()).toBe(`${line}\n`);
      expect(serving.errors()).toBe('');
    }
  });

  it('says in a sentence that a port is taken and what to do, and ends with 2', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = taken.address() as AddressInfo;
      const run = runCli('serve', '--port', String(port), '--data', path.join(folder, 'b'));
      expect(await run.exitCode).toBe(2);
      expect(run.errors()).toBe(`Port ${String(port)} is taken by another program. Use --port 0 for any free port.\n`);
      expect(run.output()).toBe('');
    } finally {
      taken.close();
    }
  });

  it('says so when the data folder is a file', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const run = runCli('serve', '--data', file);
    expect(await run.exitCode).toBe(2);
    expect(run.errors()).toMatch(/is not a folder\. Name another one with --data\.\n$/u);
  });

  it.each([
    [['--help'], 0, /cli\.js serve --data DIR/u],
    [['serve', '--help'], 0, /--idle-minutes/u],
    [['serve'], 2, /--data DIR is missing/u],
    [['serve', '--data', 'x', '--port', 'abc'], 2, /abc is not a port/u],
    [['serve', '--data', 'x', '--nonsense'], 2, /--nonsense/u],
    [['fly'], 2, /no command fly/u],
    [[], 2, /Usage/u],
  ])('%j ends with %i', async (args, code, text) => {
    const run = runCli(...args);
    expect(await run.exitCode).toBe(code);
    expect(run.output() + run.errors()).toMatch(text);
    expect(run.errors()).not.toMatch(/^\s+at /mu);
  });
});
