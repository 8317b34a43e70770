// Recording a model's answers, and judging a replacement by them; the user is a script.
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../../../src/core/evaluation/types.ts';
import { evaluateModel } from '../../../../src/extension/evaluation/commands/evaluateModel.ts';
import { evaluateReplacement } from '../../../../src/extension/evaluation/commands/evaluateReplacement.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { AS_IT_IS, CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const BASE = 'gpt-4o-mini-2024-07-18';
const OLD = `ft:${BASE}:lab:pricer:1`;
const NEW = `ft:${BASE}:lab:again:2`;
const ITEMS = 12;

let ui: UiDouble;
let extension: ExtensionDouble;
let testFile: string;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  extension.server.reply = () => '$100';
  testFile = await extension.write('prices.test.jsonl', chatRows(questions(ITEMS)));
  editor.found = [testFile];
  await extension.services.jobs.load();
  for (const [id, model] of [
    ['ftjob-1', OLD],
    ['ftjob-2', NEW],
  ] as const) {
    const job = aJob({ id, model: BASE, status: 'succeeded', fineTunedModel: model });
    extension.services.jobs.update(extension.lab.id, id, { job, local: { name: model === OLD ? 'Pricer' : 'Again' } });
  }
});
afterEach(async () => {
  await extension.close();
});

const summary = (answer: string, ...reads: readonly (string | RegExp)[]): Line => ({
  pick: 'Start, or choose a line to change it',
  reads,
  answer,
});
const pay = (requests: number, answer: RegExp | typeof CLOSED = /^Start for at Most /): Line => ({
  modal: `Send ${String(requests)} requests to Lab?`,
  answer,
});
const MODEL: Line = { pick: 'Choose a model', answer: 'Again' };

function configs(): readonly RunConfig[] {
  return extension.services.runs.list().map(({ config }) => config);
}

async function record(...lines: readonly Line[]): Promise<RunConfig> {
  ui.expect(...lines);
  const file = path.isAbsolute(testFile) ? testFile : path.join(extension.folder, 'prices.test.jsonl');
  await evaluateModel(extension.services, [{ connectionId: extension.lab.id, model: OLD }, { record: file }]);
  const [config] = configs();
  if (!config) throw new Error('Nothing was recorded.');
  return config;
}

const replace = (recording: RunConfig): Promise<void> =>
  evaluateReplacement(extension.services, [{ runId: recording.id }, OLD]);

describe('recording the answers of a model', () => {
  it('asks it alone, once a row at temperature 0', async () => {
    const config = await record(summary('$(play) Start', 'Contestants: Pricer and free floors'), pay(ITEMS));
    expect(config.contestants.flatMap(({ model }) => model ?? [])).toEqual([OLD]);
    expect(config.samples).toBeUndefined();
  });

  it('asks five replies a row where they are drawn by chance, and warns of fewer', async () => {
    const config = await record(
      summary('Sampling'),
      { pick: 'Choose how the model is asked', answer: 'Set them…' },
      { input: /^Temperature/, answer: '0.7' },
      { input: /^Maximum tokens/, answer: AS_IT_IS },
      { input: /^Seed/, answer: AS_IT_IS },
      summary('Replies to a row', /^Replies to a row: 5/),
      { input: /^Replies to each row/, answer: '1' },
      summary('$(warning) Note', /^\$\(warning\) Note: With one reply to a row above temperature 0/),
      { input: /^Replies to each row/, answer: '3' },
      summary('$(play) Start'),
      pay(3 * ITEMS),
    );
    expect(config).toMatchObject({ samples: 3, sampling: { temperature: 0.7 } });
  });
});

describe('evaluating a replacement', () => {
  it('names the margin first, asks the replacement only, and says whether it is equal', async () => {
    const recording = await record(summary('$(play) Start'), pay(ITEMS));
    const before = extension.server.count('POST /chat/completions');
    ui.expect(
      MODEL,
      {
        input: /^Equal to within how much mean error\?/,
        refused: [
          ['0', 'Enter a number above zero.'],
          ['ten', 'Enter a number above zero.'],
        ],
        answer: '5',
      },
      pay(ITEMS),
    );
    await replace(recording);
    // Both were made within a moment: their order in the list tells nothing.
    const config = configs().find(({ id }) => id !== recording.id);
    expect(config?.replacement).toEqual({ margin: 5, temperature: 0, unrecorded: 0 });
    expect(config?.contestants).toMatchObject([
      { label: 'Again', model: NEW },
      { label: 'Pricer', recorded: { run: recording.id, model: OLD } },
      { kind: 'constant' },
    ]);
    expect(extension.server.count('POST /chat/completions') - before).toBe(ITEMS);
    // A run that was closed is read again a moment later.
    await expect
      .poll(async () => {
        await extension.services.runs.findFacts();
        return extension.services.runs.list().find((run) => run.config.id === config?.id);
      })
      .toMatchObject({ status: 'finished', fact: { replacement: 'equal' } });
  });

  it('leaves nothing behind when the margin, or the price, is not agreed', async () => {
    const recording = await record(summary('$(play) Start'), pay(ITEMS));
    ui.expect(MODEL, { input: /^Equal to within/, answer: CLOSED });
    await expect(replace(recording)).rejects.toThrow();
    ui.expect(MODEL, { input: /^Equal to within/, answer: AS_IT_IS }, pay(ITEMS, CLOSED));
    await expect(replace(recording)).rejects.toThrow();
    editor.settings.set('tuningFork.cost.cap', 0.0000001);
    ui.expect(MODEL, { input: /^Equal to within/, answer: AS_IT_IS });
    await expect(replace(recording)).rejects.toThrow(/your cap/);
    expect(configs()).toHaveLength(1);
    expect(extension.server.count('POST /chat/completions')).toBe(ITEMS);
  });
});
