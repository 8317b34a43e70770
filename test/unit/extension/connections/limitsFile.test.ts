import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LimitsFile } from '../../../../src/extension/connections/limitsFile.ts';
import type { Log } from '../../../../src/extension/ui/log.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let folder: string;
let file: LimitsFile;
let errors: string[];
const kept = (): unknown => JSON.parse(readFileSync(path.join(folder, 'limits.json'), 'utf8'));
function set(id: string, value: unknown): void {
  editor.settings.set(id, value);
  editor.changed(id);
}

beforeEach(() => {
  editor.reset();
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-limits-'));
  errors = [];
  file = new LimitsFile({ folder, log: { error: (text: string) => errors.push(text) } as unknown as Log });
});
afterEach(() => {
  file.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('the cap and the prices of the settings', () => {
  it('are written down when something is first used, not before', async () => {
    editor.settings.set('tuningFork.cost.cap', 3);
    expect(readdirSync(folder)).toEqual([]);
    file.used();
    await expect.poll(kept).toEqual({ v: 1, cap: 3, prices: {} });
  });

  it('follow the settings, the last change last, without what is no price', async () => {
    for (const cap of [1, 2, 7]) set('tuningFork.cost.cap', cap);
    set('tuningFork.cost.prices', { 'base-1': 2, 'base-2': 'much', 'base-3': -1 });
    await expect.poll(kept).toEqual({ v: 1, cap: 7, prices: { 'base-1': 2 } });
    set('tuningFork.cost.cap', null);
    await expect.poll(kept).toEqual({ v: 1, cap: null, prices: { 'base-1': 2 } });
    // Unrelated settings write nothing.
    set('tuningFork.evaluation.concurrency', 4);
    file.dispose();
    set('tuningFork.cost.cap', 9);
    expect(kept()).toEqual({ v: 1, cap: null, prices: { 'base-1': 2 } });
    expect(errors).toEqual([]);
  });

  it('stand in the log when they cannot be written, and are written when they can', async () => {
    rmSync(folder, { recursive: true });
    set('tuningFork.cost.cap', 1);
    await expect.poll(() => errors).toHaveLength(1);
    folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-limits-'));
    file.dispose();
    file = new LimitsFile({ folder, log: { error: (text: string) => errors.push(text) } as unknown as Log });
    file.used();
    await expect.poll(kept).toEqual({ v: 1, cap: 1, prices: {} });
  });
});
