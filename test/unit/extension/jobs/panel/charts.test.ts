import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { ChartViews } from '../../../../../src/extension/jobs/panel/chartViews.ts';
import { exportCharts } from '../../../../../src/extension/jobs/panel/exportCharts.ts';
import { fileUri } from '../../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

function memento(): vscode.Memento {
  const values = new Map<string, string>();
  return {
    keys: () => [...values.keys()],
    get: (key: string, fallback?: unknown) => {
      const json = values.get(key);
      return json === undefined ? fallback : (JSON.parse(json) as unknown);
    },
    update: (key: string, value: unknown) => {
      values.set(key, JSON.stringify(value));
      return Promise.resolve();
    },
  } as vscode.Memento;
}

const job = (jobId: string) => ({ connectionId: 'lab', jobId });

describe('the view of the charts of a job', () => {
  it('is kept for each job', async () => {
    const state = memento();
    const views = new ChartViews(state);
    expect(views.get(job('a'))).toBeUndefined();
    await views.set(job('a'), { x: null });
    await views.set(job('b'), { x: { from: 1, to: 2 } });
    await views.set(job('a'), { x: { from: 3, to: 4 } });
    expect(new ChartViews(state).get(job('a'))).toEqual({ x: { from: 3, to: 4 } });
    expect(new ChartViews(state).get(job('b'))).toEqual({ x: { from: 1, to: 2 } });
    expect(views.get({ connectionId: 'attic', jobId: 'a' })).toBeUndefined();
  });

  it('is kept of the 200 jobs whose views changed last', async () => {
    const views = new ChartViews(memento());
    for (let n = 0; n <= 200; n++) await views.set(job(String(n)), n);
    expect(views.get(job('0'))).toBeUndefined();
    expect(views.get(job('1'))).toBe(1);
    expect(views.get(job('200'))).toBe(200);
  });

  it('is not kept when it is too large to be one, or nothing', async () => {
    const views = new ChartViews(memento());
    await views.set(job('a'), 'x'.repeat(30_000));
    await views.set(job('b'), undefined);
    expect(views.get(job('a'))).toBeUndefined();
    expect(views.get(job('b'))).toBeUndefined();
  });
});

describe('exporting charts', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-charts-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('writes text as it is, and a picture as its bytes', async () => {
    const notify = vi.fn(() => Promise.resolve(undefined));
    const asked: string[] = [];
    const ui = {
      notify,
      saveDialog: ({ defaultUri }: vscode.SaveDialogOptions) => {
        asked.push(defaultUri?.fsPath ?? '');
        return Promise.resolve(fileUri(path.join(folder, 'out')) as unknown as vscode.Uri);
      },
    };
    await exportCharts(ui, '../pricer: ä/b', '/data/train.jsonl', {
      type: 'exportCharts',
      format: 'csv',
      data: 'step,ä\r\n',
    });
    expect(await readFile(path.join(folder, 'out'), 'utf8')).toBe('step,ä\r\n');
    await exportCharts(ui, '..', null, {
      type: 'exportCharts',
      format: 'png',
      data: Buffer.from([137, 80]).toString('base64'),
    });
    expect([...(await readFile(path.join(folder, 'out')))]).toEqual([137, 80]);
    expect(asked).toEqual(['/data/pricer- ä-b-charts.csv', 'charts.png']);
    expect(notify).toHaveBeenCalledWith('information', 'out is written.', 'Open');
  });

  it('writes nothing when the dialog was closed', async () => {
    const notify = vi.fn(() => Promise.resolve(undefined));
    await exportCharts({ notify, saveDialog: () => Promise.resolve(undefined) }, 'x', null, {
      type: 'exportCharts',
      format: 'svg',
      data: '<svg/>',
    });
    expect(notify).not.toHaveBeenCalled();
  });
});
