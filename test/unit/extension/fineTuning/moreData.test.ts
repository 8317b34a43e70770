// Whether more data would help, in the summary of a start, measured by the thread that the extension starts.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import { moreDataIn, moreDataRow } from '../../../../src/extension/fineTuning/wizard/moreDataRow.ts';
import type { TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { askForPlan } from '../../../../src/extension/fineTuning/wizard/tuningSteps.ts';
import { measureMoreData } from '../../../../src/extension/datasets/moreData.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const SUMMARY = /^Start, or choose a line/;
const WORKER = new URL('../../../../src/worker/analysisWorker.ts', import.meta.url);

describe('whether more data would help, in the summary of a start', () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;

  beforeEach(async () => {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    // The thread as tests run it, where the extension looks for its bundle.
    const dist = path.join(extension.folder, 'dist');
    await mkdir(dist);
    await writeFile(path.join(extension.folder, 'package.json'), '{ "type": "module" }');
    await writeFile(path.join(dist, 'analysisWorker.js'), `await import(${JSON.stringify(WORKER.href)});\n`);
    Object.assign(extension.services.context, { extensionPath: extension.folder });
  });
  afterEach(async () => {
    ui.done();
    await extension.close();
  });

  const labels = (count: number): string => chatRows(questions(count), (index) => (index % 3 === 0 ? 'cheap' : 'dear'));
  const planned = async (rows: number): Promise<TuningPlan> =>
    planFor(extension.services, await extension.write(`prices.${String(rows)}.train.jsonl`, labels(rows)), {
      connection: extension.lab,
      model: 'gpt-4.1-nano',
    });
  const answered = (plan: TuningPlan, ...lines: readonly Line[]): Promise<TuningPlan> => {
    ui.expect(...lines);
    return askForPlan(extension.services, 'Fine-Tune', plan, []);
  };
  const start = (...reads: readonly string[]): Line => ({ pick: SUMMARY, reads, answer: '$(play) Start' });

  it('is asked by its line, and said in it', { timeout: 60_000 }, async () => {
    const before = 'Would more data help?: measure with the linear baseline before the start…';
    const plan = await answered(
      await planned(12),
      { pick: SUMMARY, reads: [before], answer: 'Would more data help?' },
      start('Would more data help?: There are too few rows to say whether more data would help.'),
    );
    expect(moreDataIn(plan)).toBe('There are too few rows to say whether more data would help.');
    // It is an answer about these bytes.
    const changed = { ...plan, trainingSummary: { ...plan.trainingSummary, sha256: 'other' } };
    expect(moreDataIn(changed)).toBeNull();
    // Rows for preferences have no answer that is right.
    expect(moreDataRow({ ...plan, method: 'dpo' })).toEqual([]);
  });

  it('is measured when there are enough rows, with progress', { timeout: 60_000 }, async () => {
    const training = await extension.write('many.jsonl', labels(60));
    const shares: number[] = [];
    const result = await measureMoreData(
      extension.services,
      { training, validation: null },
      new AbortController().signal,
      (share) => shares.push(share),
    );
    expect(result.curve).toMatchObject({ tested: 60, kind: 'texts' });
    expect(shares.length).toBeGreaterThan(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  });

  it('ends at once when it is canceled', { timeout: 60_000 }, async () => {
    const training = await extension.write('canceled.jsonl', labels(400));
    const abort = new AbortController();
    const measured = measureMoreData(extension.services, { training, validation: null }, abort.signal, () => {
      abort.abort();
    });
    await expect(measured).rejects.toMatchObject({ name: 'AbortError' });
    expect(abort.signal.aborted).toBe(true);
  });

  it('says why it cannot be measured', { timeout: 60_000 }, async () => {
    const gone = { training: path.join(extension.folder, 'gone.jsonl'), validation: null };
    const measured = measureMoreData(extension.services, gone, new AbortController().signal, () => undefined);
    await expect(measured).rejects.toThrow('The file gone.jsonl does not exist.');
    await writeFile(path.join(extension.folder, 'dist/analysisWorker.js'), 'process.exit(3);');
    const training = await extension.write('any.jsonl', labels(60));
    const stopped = measureMoreData(
      extension.services,
      { training, validation: null },
      new AbortController().signal,
      () => undefined,
    );
    await expect(stopped).rejects.toThrow('The analysis stopped unexpectedly (exit code 3).');
  });
});
