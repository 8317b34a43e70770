import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitsFile, readLimits, writeLimits } from '../../../src/connections/limits.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-limits-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the limits that the editor leaves for the command line', () => {
  it('are read as they were written, by their owner only', async () => {
    const limits = { cap: 2.5, prices: { 'gpt-4.1-mini-2025-04-14': 5, 'base-1': 0 } };
    await writeLimits(folder, limits);
    expect(await readLimits(folder)).toEqual({ limits, problem: null });
    if (process.platform !== 'win32') expect(statSync(limitsFile(folder)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['limits.json']);
  });

  it('make no file where nothing is set, and leave one alone that says the same', async () => {
    await writeLimits(folder, { cap: null, prices: {} });
    expect(readdirSync(folder)).toEqual([]);
    expect(await readLimits(folder)).toEqual({ limits: { cap: null, prices: {} }, problem: null });
    await writeLimits(folder, { cap: 1, prices: {} });
    const { ino } = statSync(limitsFile(folder));
    await writeLimits(folder, { cap: 1, prices: {} });
    expect(statSync(limitsFile(folder)).ino).toBe(ino);
  });

  it('are taken away when the settings are emptied', async () => {
    await writeLimits(folder, { cap: 1, prices: { a: 1 } });
    await writeLimits(folder, { cap: null, prices: {} });
    expect(await readLimits(folder)).toEqual({ limits: { cap: null, prices: {} }, problem: null });
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"v":1,"cap":'],
    ['another version', '{"v":2,"cap":1,"prices":{}}'],
    ['a cap in words', '{"v":1,"cap":"5","prices":{}}'],
    ['a cap below zero', '{"v":1,"cap":-1,"prices":{}}'],
    ['a cap without an end', '{"v":1,"cap":1e999,"prices":{}}'],
    ['a price below zero', '{"v":1,"cap":1,"prices":{"a":-1}}'],
    ['a list', '[]'],
  ])('are none, with a word, when the file holds %s', async (_name, text) => {
    writeFileSync(limitsFile(folder), text);
    const { limits, problem } = await readLimits(folder);
    expect(limits).toEqual({ cap: null, prices: {} });
    expect(problem).toMatchObject({ code: 'limits-unreadable', message: expect.stringContaining(folder) as string });
    // The editor writes it again.
    await writeLimits(folder, { cap: null, prices: {} });
    expect((await readLimits(folder)).problem).toBeNull();
    expect(readFileSync(limitsFile(folder), 'utf8')).toBe('{"v":1,"cap":null,"prices":{}}\n');
  });
});
