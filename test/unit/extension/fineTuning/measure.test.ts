// Time and memory in the summary of a start, measured by a program that is called like the trainer's Python.
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { LOCAL_BASE_MODEL } from '../../../../src/core/provider/localModel.ts';
import { planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import { measureRow } from '../../../../src/extension/fineTuning/wizard/measureRow.ts';
import { measuredOf, measureKey, type TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { askForPlan } from '../../../../src/extension/fineTuning/wizard/tuningSteps.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import type { Report } from '../../../../src/extension/ui/ui.ts';
import type { Figures } from '../../../../src/openWeights/estimate.ts';
import { placesIn } from '../../../../src/openWeights/places.ts';
import { updateRegistry } from '../../../../src/openWeights/registry.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { NO_MEMORY, READY } from '../../../support/openWeights/estimateMessages.ts';
import { FakePrograms, type FakeEstimate } from '../../../support/openWeights/fakePrograms.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const SUMMARY = /^Start, or choose a line/;
const BEFORE = 'Time and memory: measure here before the start…';
const AFTER = 'Time and memory: about 4 min at 225 tokens/s on the CPU · 1.2 GB of memory of 14 GB free';
const MEASURE: Line = { pick: SUMMARY, reads: [BEFORE], answer: 'Time and memory' };
const REFUSED = /^This job would be refused/;

describe.skipIf(process.platform === 'win32')('time and memory in the summary of a start', () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;
  let programs: FakePrograms;
  let training: string;
  let temporary: string;

  beforeEach(async () => {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    training = await extension.write('prices.train.jsonl', chatRows(questions(20)));
    programs = new FakePrograms(extension.folder);
    temporary = path.join(extension.folder, 'tmp');
    await mkdir(temporary);
    vi.stubEnv('TMPDIR', temporary);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    expect(await readdir(temporary)).toEqual([]);
    await extension.close();
  });

  /** The trainer tells this about the job. */
  async function tells(estimate: FakeEstimate): Promise<void> {
    const python = await programs.add('python', { estimate: { 'lab/tiny': estimate } });
    const facts = { revision: null, licence: null, parameters: null, addedAt: '2026-11-27' };
    const models = [{ id: 'tiny', source: 'lab/tiny', ...facts }];
    await updateRegistry(placesIn(extension.folder).server, () => ({ python, models }));
  }

  const planned = (given: Partial<TuningPlan> = {}): Promise<TuningPlan> =>
    planFor(extension.services, training, { connection: LOCAL_CONNECTION, model: 'tiny', ...given });

  async function answered(lines: readonly Line[], given?: Partial<TuningPlan>): Promise<TuningPlan> {
    ui.expect(...lines);
    return askForPlan(extension.services, 'Fine-Tune', await planned(given), []);
  }
  const start = (...reads: readonly string[]): Line => ({ pick: SUMMARY, reads, answer: '$(play) Start' });

  it('are measured from their line, with the files and settings of the plan', async () => {
    await tells({ lines: [READY] });
    const plan = await answered([MEASURE, start(AFTER)], { advanced: { lora_rank: 4 } });
    expect(measuredOf(plan)?.kind).toBe('figures');
    const [call] = await programs.calls();
    expect(call?.job).toMatchObject({ training_file: training, validation_file: null, seed: 42 });
    expect(call?.job).toMatchObject({ advanced: { lora_rank: 4 }, hyperparameters: { n_epochs: 'auto' } });
  });

  it('are measured with the parts of a split, as they are trained', async () => {
    await tells({ lines: [READY] });
    await answered([MEASURE, start(AFTER)], { validation: { kind: 'split' } });
    const [call] = await programs.calls();
    const rows = (await readFile(training, 'utf8')).trimEnd().split('\n');
    expect(call?.validation).toHaveLength(2);
    expect([...(call?.training ?? []), ...(call?.validation ?? [])].sort()).toEqual(rows.sort());
  });

  it('are forgotten when a setting changes, also where it is changed back', async () => {
    await tells({ lines: [READY] });
    const seed = (value: string): Line => ({ input: /^Seed/, answer: value });
    await answered([
      MEASURE,
      { pick: SUMMARY, reads: [AFTER], answer: 'Seed' },
      seed('7'),
      { pick: SUMMARY, reads: [BEFORE], answer: 'Seed' },
      seed('42'),
      { pick: SUMMARY, reads: [BEFORE], answer: 'Suffix' },
      { input: /^Suffix/, answer: 'other' },
      MEASURE,
      { pick: SUMMARY, reads: [AFTER], answer: 'Suffix' },
      // The name has nothing to do with it.
      { input: /^Suffix/, answer: 'another' },
      start(AFTER),
    ]);
  });

  it.each<[string, (plan: TuningPlan) => Partial<TuningPlan>]>([
    ['the model', () => ({ model: 'other' })],
    ['the connection', () => ({ connection: { ...LOCAL_CONNECTION, id: 'lab', kind: 'compatible' } })],
    ['the seed', () => ({ seed: null })],
    ['the training file', () => ({ training: '/elsewhere.jsonl' })],
    ['its content', ({ trainingSummary }) => ({ trainingSummary: { ...trainingSummary, sha256: 'other' } })],
    ['the validation', () => ({ validation: { kind: 'split' } })],
    ['the hyperparameters', ({ hyperparameters }) => ({ hyperparameters: { ...hyperparameters, n_epochs: 2 } })],
    ['the advanced settings', () => ({ advanced: { max_length: 64 } })],
    ['the method', () => ({ method: 'dpo' })],
  ])('do not hold for a plan that differs in %s', async (_, change) => {
    const plan = await planned();
    const measured = withFigures(plan, {});
    expect(measuredOf(measured)).not.toBeNull();
    expect(measuredOf({ ...measured, suffix: 'x', metadata: { a: 'b' }, stopEarly: true })).not.toBeNull();
    expect(measuredOf({ ...measured, ...change(plan) })).toBeNull();
  });

  it('have no line where another machine trains, nor for the baseline', async () => {
    expect(measureRow(await planned())).toHaveLength(1);
    expect(measureRow(await planned({ model: LOCAL_BASE_MODEL }))).toEqual([]);
    expect(measureRow(await planned({ connection: extension.lab }))).toEqual([]);
  });

  it.each<[Partial<Figures>, string]>([
    [{ seconds: 9.6 }, 'about 10 s at 225 tokens/s on the CPU'],
    [{ seconds: 0.2 }, 'about 1 s at 225 tokens/s on the CPU'],
    [{ seconds: 7300, tokensPerSecond: 2.345 }, 'about 2 h 2 min at 2.3 tokens/s on the CPU'],
    [{ device: 'cuda', tokensPerSecond: 12_345.6 }, 'about 4 min at 12,346 tokens/s on the GPU'],
    [{ device: 'mps', tokensPerSecond: null }, 'about 4 min on the GPU'],
    [{ tokensPerSecond: null }, 'about 4 min on the CPU'],
    [{ seconds: null, tokensPerSecond: null }, 'time not known'],
  ])('are put into words: %j', async (figures, words) => {
    const [row] = measureRow(withFigures(await planned(), figures));
    expect(row?.description).toBe(`${words} · 1.2 GB of memory of 14 GB free`);
  });

  it('have warnings, which Start asks about', async () => {
    const notice = { type: 'notice', level: 'warn', code: 'x', message: '2 examples are longer than $(512) tokens' };
    const info = { ...notice, level: 'info', message: 'nothing to worry about' };
    await tells({ lines: [notice, info, READY] });
    const plan = await answered([
      MEASURE,
      {
        pick: SUMMARY,
        reads: [AFTER, '$(warning) Warnings: 1: 2 examples are longer than $ (512) tokens'],
        answer: '$(play) Start',
      },
      { pick: 'Review 1 warning before you start', offers: [/2 examples/], answer: /Continue Anyway/ },
    ]);
    expect(plan.accepted).toEqual(['2 examples are longer than $ (512) tokens']);
  });

  it('stop the start where the memory is too small, and name the model that fits', async () => {
    await tells({ lines: [NO_MEMORY], code: 1 });
    const refused = `Time and memory: ${NO_MEMORY.message}`;
    const offers = [
      /^\$\(warning\) Training this model needs about 9\.1 GB/,
      /Lower "max_length"/,
      /Advanced Settings/,
    ];
    const going = answered([
      MEASURE,
      start(refused),
      { pick: REFUSED, offers, answer: /Lower "max_length"/ },
      { pick: REFUSED, answer: /Measure Again/ },
      start(refused),
      { pick: REFUSED, answer: /Advanced Settings/ },
      { pick: /Choose a line to change it/, answer: 'Maximum length' },
      { input: /^Maximum length/, answer: '64' },
      { pick: /Choose a line to change it/, answer: '$(check) Done' },
      { pick: SUMMARY, reads: [BEFORE], answer: CLOSED },
    ]);
    await expect(going).rejects.toBeInstanceOf(Cancelled);
    expect(await programs.calls()).toHaveLength(2);
  });

  it('name the model that fits in the reason of the refusal', async () => {
    await tells({ lines: [NO_MEMORY], code: 1 });
    const pick = ui.pick.bind(ui);
    let reason = '';
    ui.pick = (items, options) => {
      if (REFUSED.test(options.placeHolder ?? ''))
        reason = items.map(({ label, detail }) => `${label} ${detail ?? ''}`).join('\n');
      return pick(items, options);
    };
    const lines: Line[] = [MEASURE, start(), { pick: REFUSED, answer: CLOSED }];
    await expect(answered(lines)).rejects.toBeInstanceOf(Cancelled);
    expect(reason).toContain('fits into 3.9 GB is Qwen/Qwen2.5-0.5B-Instruct.');
  });

  it('are not known after a failure, which is told without losing an answer', async () => {
    await tells({ lines: ['Segmentation fault'], hangs: true });
    const told: Line = { notify: /no message: Segmentation fault/, kind: 'error', actions: ['Repair…', 'Show Log'] };
    await answered([MEASURE, told, start(BEFORE)]);
    await updateRegistry(placesIn(extension.folder).server, ({ models }) => ({ python: null, models }));
    const missing: Line = { notify: /is not set up on this machine/, kind: 'error', actions: ['Set Up…', 'Show Log'] };
    await answered([MEASURE, missing, start(BEFORE)]);
  });

  it('are not measured with rows that nobody has checked', async () => {
    await tells({ lines: [READY] });
    const changed: Line = { notify: /^prices\.train\.jsonl has changed since it was checked/, kind: 'error' };
    ui.expect(MEASURE, changed, start(BEFORE));
    const plan = await planned();
    await appendFile(training, chatRows(questions(1, 'other')));
    await askForPlan(extension.services, 'Fine-Tune', plan, []);
    expect(await programs.calls()).toEqual([]);
  });

  it('can be cancelled, and the summary is as it was', async () => {
    await tells({ lines: [READY], hangs: true });
    ui.progress = async (title, onCancel, run) => {
      expect(title).toBe('Measuring time and memory on this machine');
      const report: Report = () => undefined;
      const running = run(report);
      await expect.poll(() => programs.calls()).toHaveLength(1);
      onCancel();
      return running;
    };
    const plan = await answered([MEASURE, start(BEFORE)]);
    expect(plan.measured).toBeNull();
    expect(extension.services.context.subscriptions).toEqual([]);
  });
});

function withFigures(plan: TuningPlan, figures: Partial<Figures>): TuningPlan {
  const known: Figures = {
    device: 'cpu',
    parameters: 100,
    trainableParameters: 10,
    tokensPerEpoch: 1000,
    totalSteps: 75,
    seconds: 240,
    tokensPerSecond: 225,
    memoryNeeded: 1.2e9,
    memoryAvailable: 14e9,
  };
  const told = { kind: 'figures', figures: { ...known, ...figures }, notices: [] } as const;
  return { ...plan, measured: { key: measureKey(plan), told } };
}
