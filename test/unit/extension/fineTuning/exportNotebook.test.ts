import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as vscode from 'vscode';
import type { Job } from '../../../../src/core/training/job.ts';
import { exportNotebook } from '../../../../src/extension/fineTuning/notebook/exportNotebook.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import type { LocalFacts } from '../../../../src/jobs/store/jobRecord.ts';
import { placesIn } from '../../../../src/openWeights/places.ts';
import { updateRegistry } from '../../../../src/openWeights/registry.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { codeOf, notebookCells } from '../../../support/notebooks.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;
let target: string;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  await extension.services.jobs.load();
  mkdirSync(path.join(extension.folder, 'out'));
  target = path.join(extension.folder, 'out', 'prices.ipynb');
});
afterEach(async () => {
  await extension.close();
});

const ROWS = chatRows(questions(12));

async function known(
  connectionId: string,
  job: Partial<Job>,
  local: Partial<LocalFacts> = {},
): Promise<{ connectionId: string; jobId: string }> {
  const whole = aJob({ status: 'succeeded', ...job });
  const trainingPath = await extension.write('copy.jsonl', ROWS);
  extension.services.jobs.update(connectionId, whole.id, {
    job: whole,
    local: { trainingPath, name: 'prices', ...local },
  });
  return { connectionId, jobId: whole.id };
}

const addModel = (id: string, source: string, revision: string | null = null): Promise<void> =>
  updateRegistry(placesIn(extension.folder).server, () => ({
    python: null,
    models: [{ id, source, revision, licence: null, parameters: null, addedAt: '2026-11-27' }],
  }));
const saved = (file = target): Line => ({ saveDialog: 'Export as Notebook', answer: vscode.Uri.file(file) });
const told = (what: RegExp): Line => ({ notify: what, kind: 'information', actions: ['Open'] });
const settings = (): string => codeOf(notebookCells(readFileSync(target, 'utf8')), 'settings');
const beside = (): readonly string[] => readdirSync(path.dirname(target)).sort();

describe('Export as Notebook…', () => {
  it('of a job on Local writes its model, its settings, and its data beside it', async () => {
    await addModel('Qwen/Qwen3-0.6B', 'Qwen/Qwen3-0.6B', 'c'.repeat(40));
    const ref = await known(
      'local',
      { model: 'Qwen/Qwen3-0.6B', seed: 5, validationFile: 'file-2' },
      {
        validationPath: await extension.write('validation.jsonl', chatRows(questions(3, 'cup'))),
      },
    );
    ui.expect(saved(), told(/^prices\.ipynb is written, with its training and validation files beside it\.$/));
    await exportNotebook(extension.services, [ref]);
    expect(beside()).toEqual(['prices.ipynb', 'prices.train.jsonl', 'prices.validation.jsonl']);
    expect(readFileSync(path.join(extension.folder, 'out', 'prices.train.jsonl'), 'utf8')).toBe(ROWS);
    for (const line of [
      'BASE_MODEL = "Qwen/Qwen3-0.6B"',
      `REVISION = "${'c'.repeat(40)}"`,
      'TRAINING_FILE = "prices.train.jsonl"',
      'VALIDATION_FILE = "prices.validation.jsonl"',
      'OUTPUT = "prices-adapter"',
      'SEED = 5',
    ])
      expect(settings()).toContain(line);
    // Nothing of the machine, of its accounts and of the rows is in the notebook.
    const text = readFileSync(target, 'utf8');
    for (const secret of [extension.folder, extension.server.apiKey, 'bridge', 'ftjob-1', 'file-1'])
      expect(text).not.toContain(secret);
  });

  it('of a job of another provider asks for an open model, and downloads the data where there is no copy', async () => {
    const provider = await extension.services.providers.get(extension.lab.id);
    const content = vi.spyOn(provider, 'fileContent').mockResolvedValue(Buffer.from(ROWS));
    const ref = await known(extension.lab.id, { model: 'gpt-4.1-nano' }, { trainingPath: null });
    ui.expect(
      {
        pick: 'Which open-weights model should the notebook train?',
        offers: ['Qwen/Qwen3-0.6B', '$(cloud-download) Other model of the hub…'],
        answer: '$(cloud-download) Other model of the hub…',
      },
      { input: /^Id of the model at /, refused: [['x', /^Enter an id/]], answer: 'me/mine' },
      saved(),
      told(/with its training file beside it\.$/),
    );
    await exportNotebook(extension.services, [ref]);
    expect(beside()).toEqual(['prices.ipynb', 'prices.train.jsonl']);
    expect(readFileSync(path.join(extension.folder, 'out', 'prices.train.jsonl'), 'utf8')).toBe(ROWS);
    expect(content.mock.calls.map(([id]) => id)).toEqual(['file-1']);
    expect(settings()).toContain('BASE_MODEL = "me/mine"');
    expect(settings()).toContain('REVISION = None');
  });

  it('of a model that is a folder asks for one, and offers the folder by its name alone', async () => {
    await addModel('tiny', '/secret/place/tiny');
    const ref = await known('local', { model: 'tiny' });
    ui.expect(
      { pick: /^Which open/, reads: ['tiny: a folder that you put beside the notebook'], answer: 'tiny' },
      saved(),
      told(/./),
    );
    await exportNotebook(extension.services, [ref]);
    expect(settings()).toContain('BASE_MODEL = "tiny"');
    expect(readFileSync(target, 'utf8')).not.toContain('secret');
  });

  it('of a dataset finds the validation file beside it and copies nothing into its own folder', async () => {
    const training = path.join(path.dirname(target), 'shop.train.jsonl');
    writeFileSync(training, ROWS);
    writeFileSync(path.join(path.dirname(target), 'shop.validation.jsonl'), chatRows(questions(3, 'cup')));
    ui.expect({ pick: /^Which open/, answer: 'Qwen/Qwen3-0.6B' }, saved(), told(/training and validation files/));
    await exportNotebook(extension.services, [vscode.Uri.file(training)]);
    expect(beside()).toEqual(['prices.ipynb', 'shop.train.jsonl', 'shop.validation.jsonl']);
    expect(settings()).toContain('TRAINING_FILE = "shop.train.jsonl"');
    expect(settings()).toContain('VALIDATION_FILE = "shop.validation.jsonl"');
    expect(settings()).toContain('N_EPOCHS = "auto"');
  });

  it('exported again uses the same copy, and replaces no other file', async () => {
    await addModel('o/n', 'o/n');
    const ref = await known('local', { model: 'o/n' });
    ui.expect(saved(), told(/./), saved(), told(/./));
    await exportNotebook(extension.services, [ref]);
    await exportNotebook(extension.services, [ref]);
    expect(beside()).toEqual(['prices.ipynb', 'prices.train.jsonl']);
    writeFileSync(path.join(extension.folder, 'out', 'prices.train.jsonl'), 'mine');
    ui.expect(saved(), told(/./));
    await exportNotebook(extension.services, [ref]);
    expect(beside()).toEqual(['prices.ipynb', 'prices.train-2.jsonl', 'prices.train.jsonl']);
    expect(readFileSync(path.join(extension.folder, 'out', 'prices.train.jsonl'), 'utf8')).toBe('mine');
    expect(settings()).toContain('TRAINING_FILE = "prices.train-2.jsonl"');
  });

  it('leaves nothing when it is closed, when the data are gone, and when the notebook cannot be written', async () => {
    await addModel('o/n', 'o/n');
    const ref = await known('local', { model: 'o/n' });
    ui.expect({ saveDialog: 'Export as Notebook', answer: CLOSED });
    await expect(exportNotebook(extension.services, [ref])).rejects.toBeInstanceOf(Cancelled);
    const gone = await known('local', { id: 'ftjob-2', model: 'o/n', trainingFile: 'file-9' }, { trainingPath: null });
    ui.expect(saved());
    await expect(exportNotebook(extension.services, [gone])).rejects.toThrow();
    expect(beside()).toEqual([]);
    mkdirSync(target);
    ui.expect(saved());
    await expect(exportNotebook(extension.services, [ref])).rejects.toThrow();
    expect(beside()).toEqual(['prices.ipynb']);
  });

  it('is refused with its reason: a grader that asks another model, a job without a file', async () => {
    const judged = { method: 'reinforcement', model: 'o/n', grader: { type: 'score_model' } };
    await expect(exportNotebook(extension.services, [await known('local', judged)])).rejects.toMatchObject({
      problem: { message: /^A score_model grader asks another model/ },
    });
    const imported = await known('local', { id: 'ftjob-3', trainingFile: '' });
    await expect(exportNotebook(extension.services, [imported])).rejects.toMatchObject({
      problem: { message: 'The job has no training file.' },
    });
  });
});
