import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import {
  addCompatibleConnection,
  answerFineTuning,
  answerUntilSummary,
  beginFineTuning,
  SUMMARY,
} from '../support/e2e/mainJob.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const MODEL = 'gpt-4o-mini-2024-07-18';
const moderated = {
  kind: 'status',
  status: 400,
  body: { error: { message: 'The prompt triggered the content filter.', code: 'content_filter' } },
} as const;
const trainRows = priceRows(60, 100);
const testRows = priceRows(20, 8000);

/** A provider that bills, whose ledger is the bill. */
describe('a provider that costs money', () => {
  let server: FaultServer;
  const window = useWindow(async () => {
    server = await startFaultServer();
    return {
      // The browser host saves by itself otherwise.
      settings: { 'files.autoSave': 'off' },
      workspace: await temporaryWorkspace({
        'goods.jsonl': toJsonl(trainRows),
        'goods.test.jsonl': toJsonl(testRows),
        'goods.val.jsonl': toJsonl([...trainRows.slice(10, 13), ...priceRows(9, 5000)]),
      }),
    };
  });
  afterAll(() => server.close());
  const jobs = () => window().sideBar.view('Jobs');
  const job = () => {
    const [first] = server.ledger.jobs;
    if (!first) throw new Error('No job was created.');
    return first;
  };
  const metrics = (step: number): void => {
    server.events.unshift({
      id: `ftevent-${String(step)}`,
      object: 'fine_tuning.job.event',
      created_at: Math.floor(Date.now() / 1000) - 60 + step,
      level: 'info',
      message: `Step ${String(step)}/54: training loss=1.2${String(step)}`,
      type: 'metrics',
      data: { step, total_steps: 54, train_loss: 1.2 + step / 100 },
    });
  };

  it('is connected with its key', async () => {
    await addCompatibleConnection(window(), { name: 'Paid', baseUrl: server.baseUrl, key: server.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Paid is connected' }).first().waitFor();
  });

  it('offers to save an unsaved dataset first, since what is read is the file', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('goods.jsonl');
    await window().editors.show('goods.jsonl');
    await window().editors.text.click();
    await window().page.keyboard.press('ControlOrMeta+End');
    await window().page.keyboard.press('Enter');
    await window().quickInput.runCommand('Tuning Fork: Fine-Tune with Dataset…');
    await window().dialog.shown('goods.jsonl has unsaved changes');
    await window().dialog.press('Save and Continue');
    await window().quickInput.step('Where should it be trained?');
  });

  it('goes back a step, splits the file, and names the price before it asks', async () => {
    const { quickInput } = window();
    await quickInput.pick('Paid');
    await quickInput.step('Which model should learn');
    await quickInput.back();
    await quickInput.step('Where should it be trained?');
    await quickInput.pick('Paid');
    await quickInput.step('Which model should learn');
    await quickInput.pick('Enter a model name');
    await quickInput.step('Name of the base model');
    await quickInput.enter(MODEL);
    await quickInput.step(SUMMARY);
    await quickInput.pick(/^\W*Validation/);
    await quickInput.step('measured on while it learns');
    await expect
      .poll(async () => (await quickInput.texts()).join('\n'))
      .toMatch(/goods\.val\.jsonl\s*12 rows · 3 rows also in training \(3 word for word\) · proposed/);
    await quickInput.pick('Split this file');
    await quickInput.step(SUMMARY);
    await quickInput.pick(/^\W*Epochs/);
    await quickInput.step('Epochs, batch size');
    await quickInput.pick('Set them');
    await quickInput.step('Number of epochs: how often');
    await quickInput.enter('51');
    await expect.poll(() => quickInput.message()).toMatch(/between 1 and 50/);
    await quickInput.enter('2');
    await quickInput.step('Batch size');
    await quickInput.accept();
    await quickInput.step('Learning rate multiplier');
    await quickInput.accept();
    await answerUntilSummary(window(), { suffix: 'goods', seed: '7', wandb: 'goods-project' });
    const lines = (await quickInput.texts()).join('\n');
    expect(lines).toMatch(/Start[\s\S]*About \$0\.01: [\d,]+ tokens at \$3\.00 per million/);
    expect(lines).toMatch(/Epochs[\s\S]*2/);
    expect(lines).toContain('goods-project');
    expect(server.ledger.files).toEqual([]);
  });

  it('asks once more with the amount, and doing nothing costs nothing', async () => {
    await window().quickInput.pick('Start');
    await window().dialog.shown('Start a paid job at Paid for about $0.01?');
    // Enter spends nothing: it leads back to the summary. Nor does Escape.
    await window().page.keyboard.press('Enter');
    await window().quickInput.step('Start, or choose a line to change it');
    await window().quickInput.pick('Start');
    await window().dialog.shown('Start a paid job at Paid for about $0.01?');
    await window().page.keyboard.press('Escape');
    await window().dialog.box.waitFor({ state: 'hidden' });
    expect(server.ledger.files).toEqual([]);
    expect(server.ledger.jobs).toEqual([]);
  });

  it('makes exactly one job of one start, from two parts that share no line', async () => {
    await beginFineTuning(window(), 'goods.jsonl');
    await answerFineTuning(window(), {
      connection: 'Paid',
      typedModel: MODEL,
      validation: 'Split this file',
      suffix: 'goods',
    });
    await window().dialog.shown('Start a paid job at Paid');
    await window()
      .dialog.box.getByRole('button', { name: /^Start for/ })
      .click();
    await jobs().shows(/goods\s*waiting to start/);
    expect(server.ledger.jobs).toHaveLength(1);
    expect(job()).toMatchObject({ model: MODEL, suffix: 'goods', seed: 42 });
    const parts = server.ledger.files.map((file) => file.content.split('\n').filter((line) => line !== ''));
    expect(parts).toHaveLength(2);
    expect(parts.map((part) => part.length).sort((a, b) => a - b)).toEqual([6, 54]);
    expect(new Set(parts.flat()).size).toBe(60);
  });

  it('is watched live, with a badge while it runs', async () => {
    job()['status'] = 'running';
    metrics(1);
    metrics(12);
    await jobs().shows(/goods\s*step 12\/54/);
    expect(await window().sideBar.badge('Tuning Fork')).toBe('1');
    metrics(13);
    await jobs().shows(/goods\s*step 13\/54/);
  });

  it('tells afterwards of a job that ended while the window was closed', async () => {
    await window().reopen(() => {
      Object.assign(job(), {
        status: 'succeeded',
        fine_tuned_model: `ft:${MODEL}:acme:goods:Ab12Cd34`,
        finished_at: Math.floor(Date.now() / 1000) - 5,
      });
      server.events.unshift({
        id: 'ftevent-mod',
        object: 'fine_tuning.job.event',
        created_at: Math.floor(Date.now() / 1000),
        level: 'info',
        message: 'Moderation checks for snapshot passed.',
        type: 'moderation_checks',
        data: {
          blocked: false,
          results: [
            { category: 'harassment', flagged: false, enforcement: 'blocking' },
            { category: 'hate', flagged: false, enforcement: 'blocking' },
          ],
        },
      });
      return Promise.resolve();
    });
    const text = await window().notifications.shown('goods was fine-tuned');
    expect(text).toContain('while VS Code was closed');
    expect(text).toContain(`ft:${MODEL}:acme:goods:Ab12Cd34`);
    await window().notifications.dismiss('goods was fine-tuned');
    await window().sideBar.show('Tuning Fork');
    await jobs().expand('goods');
    await jobs().expand('Events');
    await jobs().shows('Policy checks passed (2 categories)');
    await expect.poll(() => window().sideBar.badge('Tuning Fork')).toBe('');
  });

  it('tells of it once only', async () => {
    await window().reload();
    await window().sideBar.show('Tuning Fork');
    await jobs().shows('goods');
    expect(await window().notifications.with('goods was fine-tuned').isVisible()).toBe(false);
  });

  it('evaluates with the base beside it, at a price that is confirmed, and counts rows without a number by themselves', async () => {
    server.reply = ({ model, messages }) => {
      const article = Number(/article (\d+)/.exec(messages.at(-2)?.content ?? '')?.[1]);
      if (model === MODEL) return 'I cannot say.';
      return article % 4 === 0 ? 'hard to tell' : '50.00';
    };
    // Two prompts are refused by moderation: they are rows that failed, and nothing else stops.
    server.otherwise = (_route, { body }) =>
      /article 800[45]\D/.test(body) && body.includes(`"${MODEL}"`) ? moderated : { kind: 'ok' };
    const { quickInput } = window();
    await jobs().choose(/^\s*goods/, 'Evaluate Model…');
    await quickInput.step('Choose the file with the questions');
    await quickInput.pick('goods.test.jsonl');
    await quickInput.step('Start, or choose a line to change it');
    const summary = (await quickInput.texts()).join('\n');
    expect(summary).toMatch(/Stop early\s*off · likely to save \$[\d.]+ to \$[\d.]+ of \$[\d.]+/);
    await quickInput.pick('Contestants');
    await quickInput.step('Choose the contestants');
    expect((await quickInput.texts()).join('\n')).toContain(`${MODEL} base`);
    await quickInput.accept();
    await quickInput.step('Start, or choose a line to change it');
    await quickInput.pick('Start');
    await window().dialog.shown('Send 40 requests to Paid?');
    expect(server.ledger.chats).toEqual([]);
    await window()
      .dialog.box.getByRole('button', { name: /^Start for/ })
      .click();
    const panel = await window().editors.webview('goods.test.jsonl');
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    expect(server.ledger.chats).toHaveLength(38);
    await panel.getByText('No number 5', { exact: true }).waitFor();
  });

  it('names the price of a retry before it asks, and asks only what failed', async () => {
    server.otherwise = (_route, { body }) => (/article 8005\D/.test(body) ? moderated : { kind: 'ok' });
    const panel = await window().editors.webview('goods.test.jsonl');
    await panel.getByRole('button', { name: 'Retry 2 errors' }).click();
    await window().dialog.shown('Send 2 more requests to Paid?');
    // By mouse: the page in the panel may take the keyboard back on a busy machine.
    await window().dialog.press("Don't Retry");
    expect(server.ledger.chats).toHaveLength(38);
    await panel.getByRole('button', { name: 'Retry 2 errors' }).click();
    await window().dialog.shown('Send 2 more requests to Paid?');
    await window()
      .dialog.box.getByRole('button', { name: /^Retry for/ })
      .click();
    await panel.getByRole('button', { name: 'Retry 1 error' }).waitFor();
    expect(server.ledger.chats).toHaveLength(39);
    // The base never gave a number: no mean error, and the count stands beside it.
    const table = panel.getByRole('table').first();
    await expect.poll(() => table.getByRole('row').filter({ hasText: 'base' }).innerText()).toMatch(/19/);
  });

  it('cancels a job from the tree', async () => {
    job()['status'] = 'running';
    job()['fine_tuned_model'] = null;
    server.ledger.jobs.push({
      ...job(),
      id: 'ftjob-second',
      metadata: { tuning_fork_name: 'second' },
      status: 'running',
    });
    await jobs().pressTitle('Refresh Jobs');
    await jobs().shows(/second/);
    await jobs().choose(/^\s*second/, 'Cancel Job');
    await jobs().shows(/second\s*canceled/);
    expect(server.count('POST /fine_tuning/jobs/ftjob-second/cancel')).toBe(1);
  });

  it('names validation rows that were trained on before it goes on, and stops above the price cap', async () => {
    const { quickInput } = window();
    await window().changeSettings({ 'tuningFork.cost.cap': 0.000_01 });
    const before = server.ledger.jobs.length;
    // The rest of an evaluation obeys the cap as well. A browser may not have kept the tab over the reload.
    await window()
      .sideBar.view('Evaluations')
      .open(/^\s*goods against/, 'goods.test.jsonl');
    const run = await window().editors.webview('goods.test.jsonl');
    await run.getByRole('button', { name: 'Retry 1 error' }).click();
    await window().notifications.shown(/your cap is \$0\.00001/);
    await window().notifications.dismiss('your cap is');
    expect(server.ledger.chats).toHaveLength(39);
    // The window brings back what it showed before it was reloaded; only then is there something else to be shown.
    await jobs().shows('second');
    await beginFineTuning(window(), 'goods.jsonl');
    await answerFineTuning(window(), {
      connection: 'Paid',
      typedModel: MODEL,
      atSummary: async () => {
        const summary = (await quickInput.texts()).join('\n');
        expect(summary).toMatch(/Price\s*about .* per epoch, .* in total/);
        expect(summary).toMatch(/Validation\s*goods\.val\.jsonl, 12 examples · 3 rows also in training/);
      },
      atWarnings: async () => {
        expect((await quickInput.texts()).join('\n')).toContain(
          '3 rows of 12 in the validation file are also in the training file',
        );
      },
    });
    await window().notifications.shown(/your cap is \$0\.00001/);
    expect(server.ledger.jobs).toHaveLength(before);
  });
});
