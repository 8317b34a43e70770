// Points of an open-weights model beside a data curve: the real saga, monitor and client before the local server, whose engine trains
// nothing and answers as the test says; the parts are written by the thread that the extension starts.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import type { DataCurve } from '../../../../src/core/dataset/dataCurve/dataCurve.ts';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { ModelPointsRun } from '../../../../src/extension/datasets/report/modelPointsRun.ts';
import type { JobWatch } from '../../../../src/extension/jobs/jobWatch.ts';
import { chatRows, questions, serve, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { createFaultServer, type FaultServerOptions, type LocalFaultServer } from '../../../support/faultServer.ts';
import { CLOSED, uiDouble, type Line, type UiDouble, type Words } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';
import { fallingPrices } from '../../../support/webviewHarness/moreDataStates.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const WORKER = new URL('../../../../src/worker/analysisWorker.ts', import.meta.url);
const PATIENCE = { timeout: 20_000, interval: 10 };

/** The curve of 400 rows, with 320 trained on at most. */
function curve(): DataCurve {
  const found = fallingPrices().curve;
  if (found === null) throw new Error('There is no curve.');
  return found;
}

describe('points of an open-weights model', { timeout: 60_000 }, () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;
  let server: LocalFaultServer;
  let watch: JobWatch;
  let run: ModelPointsRun;
  let changes: number;
  let progress: { readonly text: string; readonly fraction: number }[];

  async function start(options: FaultServerOptions = {}): Promise<void> {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    const { services, folder } = extension;
    const dist = path.join(folder, 'dist');
    await mkdir(dist);
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(path.join(dist, 'analysisWorker.js'), `await import(${JSON.stringify(WORKER.href)});\n`);
    Object.assign(services.context, { extensionPath: folder });
    server = await createFaultServer({ baseModels: ['smol', 'local-linear-1'], ...options });
    watch = serve(extension, server);
    changes = 0;
    progress = [];
    run = new ModelPointsRun(services, {
      onChange: () => {
        changes += 1;
      },
      onProgress: (one) => progress.push(one),
    });
  }
  beforeEach(() => start());
  afterEach(async () => {
    ui.done();
    watch.dispose();
    await watch.flush();
    await server.close();
    await extension.close();
  });

  const goods = (rows = 400): Promise<string> =>
    extension.write(
      'goods.jsonl',
      chatRows(questions(rows), (row) => `$${String(row)}`),
    );
  const yes: Line = { modal: 'Train smol on parts of goods.jsonl?', answer: 'Start' };
  const ends = (kind: 'information' | 'error', notify: Words): Line => ({ notify, kind, actions: ['Show Report'] });
  const done = ends('information', 'The points of smol are in the report of goods.jsonl.');
  const jobs = () => extension.services.jobs.list(LOCAL_CONNECTION.id);

  it('says what will happen, trains on parts one after the other, asks, and gives its errors', async () => {
    run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
    ui.expect({
      ...yes,
      detail:
        /^This machine trains it 3 times, one after the other, on 80, 160 and 320 rows\. Then each of the tuned models is asked 80 rows .*It is free and takes minutes to hours\. The jobs are in the Jobs view/,
    });
    // Each answer is the number of the question and something that less data makes more of.
    ui.expect({
      notify: 'The points of smol are in the report of goods.jsonl.',
      kind: 'information',
      answer: 'Show Report',
    });
    const shown: string[] = [];
    editor.commands.set(COMMANDS.showReport, (uri) => shown.push(path.basename((uri as { fsPath: string }).fsPath)));
    // The end is told once, and not for each job.
    const ended: unknown[] = [];
    watch.onJobEnded((one) => ended.push(one));
    let asked = 0;
    server.engine.reply = ({ messages }) => {
      const off = [8, 4, 2][Math.floor(asked / 80)] ?? 0;
      asked += 1;
      const number = /number (\d+)/.exec(JSON.stringify(messages))?.[1];
      return `It is $${String(Number(number) + off)}`;
    };
    await run.add();
    expect(run.state).toMatchObject({ status: 'idle', problem: null });
    expect(run.isMeasuring).toBe(false);
    expect(run.state.models).toEqual([
      {
        model: 'smol',
        tested: 80,
        ofValidation: false,
        points: [
          { rows: 80, error: { value: 8, low: 8, high: 8 } },
          { rows: 160, error: { value: 4, low: 4, high: 4 } },
          { rows: 320, error: { value: 2, low: 2, high: 2 } },
        ],
      },
    ]);
    await vi.waitUntil(() => shown.length > 0, PATIENCE);
    expect(shown).toEqual(['goods.jsonl']);
    expect(ended).toEqual([]);
    // Jobs as any other: named, with their dataset, and in the list.
    expect(
      jobs()
        .map(({ local }) => local.name)
        .toSorted(),
    ).toEqual(['goods 100 %', 'goods 25 %', 'goods 50 %']);
    expect(
      jobs().every(
        ({ local, job }) =>
          local.startedHere && local.sourcePath?.endsWith('goods.jsonl') === true && job.status === 'succeeded',
      ),
    ).toBe(true);
    expect(server.ledger.jobs.map(({ model }) => model)).toEqual(['smol', 'smol', 'smol']);
    // No row is asked that was trained on, and no answer is in a question.
    const trained = await server.contentOf(server.ledger.jobs[2]?.training_file ?? '');
    const prompts = server.ledger.chats.map(({ messages }) => JSON.stringify(messages));
    expect(prompts).toHaveLength(240);
    expect(new Set(prompts).size).toBe(80);
    for (const prompt of prompts) {
      expect(prompt).not.toContain('assistant');
      expect(trained.text).not.toContain(/number \d+ /.exec(prompt)?.[0]);
    }
    const models = server.ledger.chats.map(({ model }) => model);
    expect(new Set(models).size).toBe(3);
    expect(models.slice(0, 80)).toEqual(
      Array.from({ length: 80 }, () => jobs().find(({ local }) => local.name === 'goods 25 %')?.job.fineTunedModel),
    );
    const texts = [...new Set(progress.map(({ text }) => text))];
    expect(texts.slice(0, 4)).toEqual([
      'writing parts of the rows',
      'training 1 of 3, on 25 % of the rows',
      'training 2 of 3, on 50 % of the rows',
      'training 3 of 3, on 100 % of the rows',
    ]);
    expect(texts.at(-1)).toBe('asking model 3 of 3, 80 of 80 rows');
    expect(progress.every(({ fraction }) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(changes).toBeGreaterThanOrEqual(5);
    // The parts are copied by each start; nothing of them is left.
    expect(await readdir(path.join(extension.folder, 'staging'))).toEqual([]);
  });

  it('tests on the rows of the validation file where there is one', async () => {
    const files = {
      training: await goods(),
      validation: await extension.write(
        'goods.validation.jsonl',
        chatRows(questions(30, 'toy'), () => '$5'),
      ),
    };
    run.reset({
      files,
      curve: {
        ...curve(),
        rows: 400,
        tested: 30,
        crossValidated: false,
        points: [{ rows: 400, error: { value: 1, low: 1, high: 1 } }],
      },
    });
    ui.expect({ ...yes, detail: /on 100, 200 and 400 rows\. Then each of the tuned models is asked 30 rows/ });
    ui.expect(done);
    server.engine.reply = () => 'No idea';
    await run.add();
    expect(run.state.models[0]).toMatchObject({ ofValidation: true, tested: 30 });
    // A reply without a number is as wrong as zero.
    expect(run.state.models[0]?.points.map(({ rows, error }) => [rows, error.value])).toEqual([
      [100, 5],
      [200, 5],
      [400, 5],
    ]);
    expect(server.ledger.chats.every(({ messages }) => JSON.stringify(messages).includes('toy'))).toBe(true);
  });

  it('ends with the sentence of a job that fails, and asks nothing', async () => {
    run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
    const begin = server.engine.start.bind(server.engine);
    let trainings = 0;
    server.engine.start = (order, report) => {
      if (order.task === 'train') trainings += 1;
      return begin(order, (message) => {
        report(
          trainings === 2 && message.type === 'finished'
            ? { type: 'broken', message: 'It ran out of memory.' }
            : message,
        );
      });
    };
    ui.expect(yes, ends('error', /^The points of smol were not measured\. Fine-tuning goods 50 % failed: /));
    await run.add();
    expect(run.state).toMatchObject({ status: 'failed', models: [] });
    expect(run.state.problem).toEqual({
      message: expect.stringMatching(/^Fine-tuning goods 50 % failed: .*It ran out of memory\./) as string,
      action: 'Look at the job in the Jobs view, then add the points again.',
    });
    expect([server.ledger.jobs.length, server.ledger.chats.length]).toEqual([2, 0]);
    expect(await readdir(path.join(extension.folder, 'staging'))).toEqual([]);
  });

  it('ends when a model does not answer, with the points until then', async () => {
    run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
    // A single failure is asked again.
    const broken = { kind: 'status', status: 500, body: { error: { message: 'It is out of order.' } } } as const;
    server.script('POST /chat/completions', broken);
    server.otherwise = (route) =>
      route === 'POST /chat/completions' && server.ledger.chats.length >= 100 ? broken : { kind: 'ok' };
    ui.expect(yes, ends('error', /^The points of smol were not measured\. .*out of order/));
    await run.add();
    expect(run.state).toMatchObject({
      status: 'failed',
      problem: { message: expect.stringContaining('out of order') as string },
    });
    expect(run.state.models[0]?.points.map(({ rows }) => rows)).toEqual([80]);
  });

  it('starts nothing where the file has changed since the curve was measured', async () => {
    run.reset({ files: { training: await goods(390), validation: null }, curve: curve() });
    ui.expect(
      yes,
      ends('error', 'The points of smol were not measured. goods.jsonl has changed since its curve was measured.'),
    );
    await run.add();
    expect(run.state.problem?.message).toBe('goods.jsonl has changed since its curve was measured.');
    expect(server.ledger.jobs).toEqual([]);
  });

  it('starts nothing when it is not started, in Restricted Mode, and without a curve', async () => {
    await run.add();
    const files = { training: await goods(), validation: null };
    run.reset({ files, curve: curve() });
    ui.expect({ ...yes, answer: CLOSED });
    await expect(run.add()).rejects.toThrow();
    editor.trusted = false;
    await expect(run.add()).rejects.toMatchObject({ problem: { code: 'restricted-workspace' } });
    expect([server.ledger.files.length, changes, run.state.status]).toEqual([0, 0, 'idle']);
  });

  it('starts nothing when the report is closed while the questions are open', async () => {
    run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
    ui.expect(yes);
    const modal = ui.modal.bind(ui);
    vi.spyOn(ui, 'modal').mockImplementation((...asked) => {
      run.reset(null);
      return modal(...asked);
    });
    await run.add();
    expect([run.isMeasuring, run.state.status, server.ledger.files.length]).toEqual([false, 'idle', 0]);
  });

  describe('while a training goes on', () => {
    beforeEach(async () => {
      watch.dispose();
      await watch.flush();
      await server.close();
      await extension.close();
      await start({ engine: 'endless' });
    });

    /** Resolves when the first job runs. */
    async function training(): Promise<void> {
      run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
      ui.expect(yes);
      void run.add();
      await vi.waitUntil(() => run.isMeasuring && jobs().some(({ job }) => job.status === 'running'), PATIENCE);
    }

    it('is canceled in the report: its job is canceled, and no other is started', async () => {
      await training();
      run.stop();
      expect(run.state).toMatchObject({ status: 'canceled', models: [], problem: null });
      await vi.waitUntil(() => jobs()[0]?.job.status === 'cancelled', PATIENCE);
      await vi.waitUntil(async () => (await readdir(path.join(extension.folder, 'staging'))).length === 0, PATIENCE);
      expect([server.ledger.jobs.length, server.ledger.chats.length]).toEqual([1, 0]);
      expect(run.state.status).toBe('canceled');
    });

    it('ends with the sentence of a job that is canceled in the Jobs view', async () => {
      await training();
      ui.expect(ends('error', 'The points of smol were not measured. Fine-tuning goods 25 % was canceled.'));
      await server.direct('POST', `/fine_tuning/jobs/${server.ledger.jobs[0]?.id ?? ''}/cancel`);
      await vi.waitUntil(() => run.state.status === 'failed', PATIENCE);
      expect(run.state.problem?.message).toBe('Fine-tuning goods 25 % was canceled.');
      expect(server.ledger.jobs).toHaveLength(1);
    });

    it('takes no second start', async () => {
      await training();
      await run.add();
      run.stop();
      await vi.waitUntil(() => jobs()[0]?.job.status === 'cancelled', PATIENCE);
    });
  });

  describe('where several models are, or none', () => {
    async function withModels(...baseModels: readonly string[]): Promise<void> {
      watch.dispose();
      await watch.flush();
      await server.close();
      await extension.close();
      await start({ baseModels: [...baseModels, 'local-linear-1'] });
      run.reset({ files: { training: await goods(), validation: null }, curve: curve() });
    }

    it('asks which one, and offers the linear baseline not', async () => {
      await withModels('smol', 'large');
      let offered: readonly string[] = [];
      const pick = ui.pick.bind(ui);
      vi.spyOn(ui, 'pick').mockImplementation((items, options) => {
        offered = items.map(({ label }) => label);
        return pick(items, options);
      });
      ui.expect(
        {
          pick: 'Which model should be trained on parts of the rows?',
          title: 'Add Points of an Open-Weights Model',
          answer: 'large',
        },
        { modal: 'Train large on parts of goods.jsonl?', answer: CLOSED },
      );
      await expect(run.add()).rejects.toThrow();
      expect(offered.toSorted()).toEqual(['large', 'smol']);
    });

    it('leads to the set-up, or to the list of models where that is done', async () => {
      await withModels();
      await expect(run.add()).rejects.toMatchObject({
        problem: { code: 'not-set-up' },
        remedies: [{ command: COMMANDS.setUpOpenWeights }],
      });
      const { markOf, placesIn, pythonOf } = await import('../../../../src/openWeights/places.ts');
      const { venv } = placesIn(extension.folder);
      for (const file of [markOf(venv), pythonOf(venv)]) {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, '');
      }
      await expect(run.add()).rejects.toMatchObject({
        problem: { code: 'no-open-weights-model' },
        remedies: [{ command: COMMANDS.addOpenWeightsModel }],
      });
    });
  });
});
