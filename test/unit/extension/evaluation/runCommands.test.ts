import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig, TestItem } from '../../../../src/core/evaluation/types.ts';
import { verifyRun } from '../../../../src/evals/portableRun.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { CLOSED, uiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());
const { compareEvaluations, exportEvaluation, filterEvaluations, renameEvaluation } =
  await import('../../../../src/extension/evaluation/commands/runCommands.ts');
const { exportReport } = await import('../../../../src/extension/evaluation/export/exportRun.ts');
const { Cancelled } = await import('../../../../src/extension/ui/errors.ts');

const SHA = 'a'.repeat(64);
const items: readonly TestItem[] = [0, 1].map((index) => ({
  index,
  line: index + 1,
  title: `Item ${String(index)}`,
  messages: [{ role: 'user', content: `How much is ${String(index)}?` }],
  truth: '10',
}));
const configOf = (id: string, file: string): RunConfig => ({
  v: 1,
  id,
  createdAt: 1_700_000_000_000,
  name: 'prices.test.jsonl',
  testFile: { path: file, sha256: SHA, items: 2 },
  contestants: [
    { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' },
    { id: 'constant', kind: 'constant', label: 'constant', constant: '9' },
  ],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 2,
});

let extension: ExtensionDouble;
let ui: ReturnType<typeof uiDouble>;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  for (const id of ['run-1', 'run-2']) {
    const file = path.join(extension.folder, 'prices.test.jsonl');
    const run = await extension.services.runs.create(configOf(id, file), items);
    await run.start(SHA, { ask: () => Promise.resolve({ text: '$12', finishReason: 'stop' }) });
    extension.services.runs.close(run);
  }
});
afterEach(async () => {
  await extension.close();
});

describe('comparing evaluations', () => {
  it('takes two that are selected, and asks for the other one of a single', async () => {
    const { services } = extension;
    await compareEvaluations(services, [{ runId: 'run-1' }, [{ runId: 'run-1' }, { runId: 'run-2' }]]);
    ui.expect({ pick: /over the items that both have/, title: 'Compare Evaluations', answer: 'pricer' });
    await compareEvaluations(services, [{ runId: 'run-2' }]);
    ui.expect({ pick: /over the items that both have/, answer: CLOSED });
    await expect(compareEvaluations(services, [{ runId: 'run-2' }])).rejects.toBeInstanceOf(Cancelled);
    expect(extension.opened).toEqual(['compare run-1 run-2', 'compare run-2 run-1']);
  });

  it('says so when there is nothing to compare with', async () => {
    await extension.services.runs.remove('run-2');
    await expect(compareEvaluations(extension.services, [{ runId: 'run-1' }])).rejects.toMatchObject({
      problem: { code: 'no-other-run' },
    });
  });
});

describe('renaming an evaluation', () => {
  it('gives it a name, and its own one back', async () => {
    const { services } = extension;
    const title = () => services.runs.list().find(({ config }) => config.id === 'run-1')?.title;
    ui.expect({
      input: /Name in the Evaluations view/,
      refused: [['x'.repeat(201), /200 characters/]],
      answer: ' Long prompt ',
    });
    await renameEvaluation(services, { runId: 'run-1' });
    expect(title()).toBe('Long prompt');
    ui.expect({ input: /Name in the Evaluations view/, answer: '' });
    await renameEvaluation(services, { runId: 'run-1' });
    expect(title()).toBeUndefined();
  });
});

describe('filtering evaluations', () => {
  it('asks for words, with those of before', async () => {
    const tree = { filter: 'old', setFilter: vi.fn() };
    ui.expect({ input: /Words in the name/, answer: 'pricer' });
    await filterEvaluations(extension.services, tree);
    expect(tree.setFilter).toHaveBeenCalledWith('pricer');
  });
});

describe('exporting an evaluation', () => {
  it('writes its rows where the user wants them', async () => {
    const target = path.join(extension.folder, 'out.csv');
    ui.expect(
      { pick: 'Form of the export', answer: 'Rows' },
      { saveDialog: 'Export Evaluation', answer: fileUri(target) as never },
      { notify: 'out.csv is written.', kind: 'information', answer: CLOSED },
    );
    await exportEvaluation(extension.services, { runId: 'run-1' });
    const lines = (await readFile(target, 'utf8')).trim().split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^1,Item 0,pricer,ft:x,graded,,10,12,2,green,stop,/);
  });

  it('writes the whole run as a file that verify accepts, without keys, ids and folders of this machine', async () => {
    const target = path.join(extension.folder, 'out.run.jsonl');
    ui.expect(
      { pick: 'Form of the export', answer: 'Run file' },
      { saveDialog: 'Export Evaluation', answer: fileUri(target) as never },
      { notify: 'out.run.jsonl is written.', kind: 'information', answer: CLOSED },
    );
    await exportEvaluation(extension.services, { runId: 'run-1' });
    const text = await readFile(target, 'utf8');
    const match = (pattern: string, flags: string, reply: string): Promise<boolean> =>
      Promise.resolve(new RegExp(pattern, flags).test(reply));
    const verified = await verifyRun(text, match);
    expect(verified).toMatchObject({ ok: true, value: { run: { status: 'finished', rows: { length: 4 } } } });
    expect(text).not.toContain(extension.folder);
    expect(text).not.toContain('connectionId');
    // A changed answer is found.
    const changed = await verifyRun(text.replace('"sample":"$12"', '"sample":"$13"'), match);
    expect(changed).toMatchObject({ ok: false, error: { code: 'run-file-changed' } });
    // No draft is left beside it.
    expect((await readdir(extension.folder)).filter((name) => name.includes('run.jsonl'))).toEqual(['out.run.jsonl']);
  });

  it('keeps the file of before when the new one cannot be written', async () => {
    const target = path.join(extension.folder, 'missing', 'out.run.jsonl');
    ui.expect(
      { pick: 'Form of the export', answer: 'Run file' },
      { saveDialog: 'Export Evaluation', answer: fileUri(target) as never },
    );
    await expect(exportEvaluation(extension.services, { runId: 'run-1' })).rejects.toThrow();
  });

  it('has the page write a report', async () => {
    ui.expect({ pick: 'Form of the export', answer: 'Report' });
    await exportEvaluation(extension.services, { runId: 'run-1' });
    expect(extension.opened).toEqual(['export run-1']);
  });

  it('keeps the pictures of a report beside it, under its name', async () => {
    const target = path.join(extension.folder, 'my report.md');
    ui.expect(
      { saveDialog: 'Export Evaluation', answer: fileUri(target) as never },
      { notify: 'my report.md is written.', kind: 'information', answer: CLOSED },
    );
    await exportReport(
      ui,
      { config: configOf('run-1', '/data/prices.test.jsonl') },
      {
        type: 'report',
        markdown: '# x\n![Errors](errors.png)',
        pictures: [{ name: 'errors.png', png: Buffer.from('picture').toString('base64') }],
      },
    );
    expect(await readFile(target, 'utf8')).toBe('# x\n![Errors](my%20report.errors.png)');
    expect(await readFile(path.join(extension.folder, 'my report.errors.png'), 'utf8')).toBe('picture');
  });
});
