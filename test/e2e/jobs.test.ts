import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerUntilSummary, beginFineTuning, fineTune } from '../support/e2e/mainJob.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const MODEL = 'gpt-4o-mini-2024-07-18';
const ROWS = toJsonl(priceRows(30, 100));

/** What can be done with jobs besides starting them, at a provider whose state the test writes. */
describe('jobs', () => {
  let server: FaultServer;
  let workspace = '';
  const window = useWindow(async () => {
    server = await startFaultServer();
    server.otherwise = (route) => {
      const [, id = '', action = ''] = /^POST \/fine_tuning\/jobs\/([^/]+)\/(pause|resume)$/.exec(route) ?? [];
      if (action !== '') {
        Object.assign(job(id), { status: action === 'pause' ? 'paused' : 'running' });
        return { kind: 'json', value: job(id) };
      }
      if (route.startsWith('DELETE /files/')) return { kind: 'json', value: { id: 'file', deleted: true } };
      return { kind: 'ok' };
    };
    workspace = await temporaryWorkspace({ 'goods.jsonl': ROWS });
    return { workspace, settings: { 'files.simpleDialog.enable': true } };
  });
  afterAll(() => server.close());
  const jobs = () => window().sideBar.view('Jobs');
  function job(id: string) {
    const found = server.ledger.jobs.find((candidate) => candidate.id === id);
    if (!found) throw new Error(`There is no job ${id}.`);
    return found;
  }
  function put(id: string, facts: Readonly<Record<string, unknown>>): void {
    server.ledger.jobs.push({
      id,
      object: 'fine_tuning.job',
      created_at: 1_700_000_000 + server.ledger.jobs.length,
      finished_at: null,
      model: MODEL,
      fine_tuned_model: null,
      status: 'queued',
      training_file: `file-of-${id}`,
      result_files: [],
      trained_tokens: null,
      error: {},
      metadata: { tuning_fork_name: id },
      ...facts,
    });
  }
  const refreshed = () => jobs().pressTitle('Refresh Jobs');

  it('of this tool and of others are listed, unknown statuses as they are', async () => {
    put('running-one', { status: 'running' });
    put('odd-one', { status: 'resting_a_while', error: { code: null, message: null, param: null } });
    put('foreign-one', { status: 'running', metadata: {}, suffix: 'theirs' });
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: server.baseUrl, key: server.apiKey });
    await jobs().shows(/running-one\s*starting/);
    await jobs().shows(/odd-one\s*resting a while/);
    await jobs().shows(/theirs\s*starting/);
    expect(await jobs().menuOf('running-one')).toEqual(
      expect.arrayContaining(['Cancel Job', 'Pause Job', 'Rename Job…']),
    );
    const foreign = await jobs().menuOf('theirs');
    expect(foreign).toContain('Manage Job Here');
    expect(foreign).not.toContain('Cancel Job');
    await jobs().choose('theirs', 'Manage Job Here');
    await expect.poll(() => jobs().menuOf('theirs'), { timeout: 30_000 }).toContain('Cancel Job');
  });

  it('stand in the status bar while they run', async () => {
    await window().page.locator('.statusbar-item', { hasText: '3 jobs' }).first().waitFor();
  });

  it('are paused and resumed', async () => {
    await jobs().choose('running-one', 'Pause Job');
    await jobs().shows(/running-one\s*paused/);
    expect(job('running-one')['status']).toBe('paused');
    await jobs().choose('running-one', 'Resume Job');
    await jobs().shows(/running-one\s*starting/);
    expect(job('running-one')['status']).toBe('running');
  });

  it('are renamed on this machine, hidden and shown again', async () => {
    await jobs().choose('odd-one', 'Rename Job…');
    await window().quickInput.step('The name is kept on this machine only');
    await window().quickInput.enter('Tuesday');
    await jobs().shows(/Tuesday\s*resting a while/);
    await jobs().choose('Tuesday', 'Hide Job');
    await jobs().row('Tuesday').waitFor({ state: 'hidden' });
    await window().quickInput.runCommand('Tuning Fork: Show Hidden Jobs');
    await jobs().shows(/Tuesday.*hidden/);
    await jobs().choose('Tuesday', 'Unhide Job');
    await jobs().shows(/Tuesday\s*resting a while/);
  });

  it('are filtered by status and by words, which stands above them', async () => {
    const { quickInput } = window();
    await window().quickInput.runCommand('Tuning Fork: Filter Jobs…');
    await quickInput.step('Show jobs with these statuses');
    await quickInput.pick('resting a while');
    await quickInput.accept();
    await quickInput.step('Words in the name');
    await quickInput.accept();
    await jobs().row('Tuesday').waitFor({ state: 'hidden' });
    await jobs()
      .pane.getByText(/Filtered by running: 2 of 3 jobs/)
      .waitFor();
    await quickInput.runCommand('Tuning Fork: Clear Job Filter');
    await jobs().shows('Tuesday');
    await jobs().pane.getByText('Filtered by').waitFor({ state: 'hidden' });
  });

  it('have their events in a read-only log that grows', async () => {
    const say = (id: string, message: string): void => {
      server.events.unshift({
        id,
        object: 'fine_tuning.job.event',
        created_at: 1_700_000_100 + server.events.length,
        level: 'info',
        message,
        type: 'message',
        data: {},
      });
    };
    say('e1', 'The files were checked.');
    await jobs().choose('running-one', 'Show Job Events');
    await window().editors.show(/running-one\.events\.log/);
    // The editor draws spaces as ones that do not break.
    const text = async () => (await window().editors.text.locator('.view-lines').innerText()).replace(/\u00a0/g, ' ');
    const shows = (part: string) => expect.poll(text, { timeout: 30_000 }).toContain(part);
    await shows('The files were checked.');
    say('e2', '[not a link](command:workbench.action.quit)');
    await refreshed();
    await shows('[not a link]');
    await window().editors.text.click();
    await window().page.keyboard.type('x');
    expect(await text()).not.toContain('xThe');
    // More than fit on the screen: who looks at the end keeps looking at it, without a touch.
    for (let n = 1; n <= 60; n += 1) say(`more-${String(n)}`, `Step ${String(n)} was done.`);
    await shows('Step 60 was done.');
    say('e3', 'And one more step.');
    await shows('And one more step.');
    // Who looks at the beginning stays there.
    await window().editors.text.click();
    const up = async (): Promise<string> => {
      await window().page.keyboard.press('ControlOrMeta+Home');
      return await text();
    };
    await expect.poll(up, { timeout: 30_000 }).toContain('The files were checked.');
    say('e4', 'The last step.');
    await jobs().expand('running-one');
    await jobs().shows(/Events.*The last step/);
    expect(await text()).toContain('The files were checked.');
    expect(await text()).not.toContain('The last step.');
    await jobs().row('running-one').locator('.monaco-tl-twistie').click();
    await window().editors.close(/running-one\.events\.log/);
  });

  it('that fail at a line lead to the line of what was uploaded', async () => {
    const { quickInput } = window();
    await beginFineTuning(window(), 'goods.jsonl');
    await answerUntilSummary(window(), {
      connection: 'Lab',
      model: 'base-1',
      validation: 'None',
      suffix: 'goods',
      wandb: 'gpt-goods',
    });
    // Everything that a first start needs nothing of is behind one line.
    await quickInput.pick('Advanced…');
    await quickInput.step('Choose a line to change it');
    await quickInput.pick('Add metadata…');
    await quickInput.step('Name of the metadata');
    await quickInput.type('tuning_fork_x');
    await expect.poll(() => quickInput.message()).toContain('are reserved');
    await quickInput.enter('ticket');
    await quickInput.step('Value of ticket');
    await quickInput.enter('T-17');
    await quickInput.step('Choose a line to change it');
    await quickInput.pick('W&B team or user');
    await quickInput.step('Weights & Biases team or user');
    await quickInput.enter('acme');
    await quickInput.step('Choose a line to change it');
    await quickInput.pick('Done');
    await quickInput.step('Start, or choose a line to change it');
    expect((await quickInput.texts()).join('\n')).toMatch(/Advanced…[\s\S]*acme · 1 metadata entry/);
    await quickInput.pick('Start');
    await window().dialog.shown('Start a paid job at Lab');
    await window().dialog.press('Start at Unknown Price');
    await jobs().shows(/goods\s*waiting to start/);
    const made = server.ledger.jobs.at(-1);
    expect(made).toMatchObject({
      metadata: { ticket: 'T-17' },
      integrations: [{ type: 'wandb', wandb: { project: 'gpt-goods', entity: 'acme' } }],
    });
    Object.assign(made ?? {}, {
      status: 'failed',
      finished_at: 1_700_000_500,
      error: {
        code: 'invalid_training_file',
        message: 'The job failed due to an invalid training file. Example 12, message 2 is too odd.',
        param: 'training_file',
      },
    });
    await refreshed();
    await window().notifications.shown('Fine-tuning goods failed');
    await window().notifications.press('Fine-tuning goods failed', 'Go to Failing Line');
    await window().editors.show(/goods\.training\.jsonl/);
    await window().page.locator('.statusbar-item', { hasText: 'Ln 12, Col 1' }).first().waitFor();
    // The squiggle of the diagnostic, in a file that cannot be changed.
    await window().editors.text.locator('.squiggly-error').first().waitFor();
    await window().editors.close(/goods\.training\.jsonl/);
  });

  it('lead to their run at Weights & Biases', async () => {
    expect(await jobs().menuOf('running-one')).not.toContain('Open Weights & Biases Run');
    await jobs().choose(/^\s*goods/, 'Open Weights & Biases Run');
    const address = `https://wandb.ai/acme/gpt-goods/runs/${server.ledger.jobs.at(-1)?.id ?? ''}`;
    await window().dialog.shown(address);
    await window().dialog.press('Copy');
    await expect.poll(() => window().clipboard()).toBe(address);
  });

  it('are started again with the same settings, from what was uploaded', async () => {
    const { quickInput } = window();
    await jobs().choose(/^\s*goods/, 'Start Job Again with Same Settings…');
    await quickInput.step('Start, or choose a line to change it');
    const lines = (await quickInput.texts()).join('\n');
    expect(lines).toContain('gpt-goods');
    expect(lines).toMatch(/Suffix[\s\S]*goods/);
    expect(lines).toContain('1 metadata entry');
    await window().page.keyboard.press('Escape');
    expect(server.ledger.jobs).toHaveLength(4);
  });

  it('lose their file at the provider only after what is lost was said', async () => {
    await jobs().choose(/^\s*goods/, 'Delete Uploaded Training File…');
    await window().dialog.shown('no further job can be started from it');
    await window().dialog.press('Delete');
    await jobs().expand(/^\s*goods/);
    await jobs().expand(/^\s*Files/);
    await jobs().shows(/Training file.*deleted at the provider/);
    expect(await jobs().menuOf(/^\s*goods/)).not.toContain('Delete Uploaded Training File…');
  });

  it('stay as they were seen when the provider forgets them', async () => {
    server.ledger.jobs.splice(0, 1);
    await refreshed();
    await jobs().shows(/running-one\s*no longer at the provider/);
  });

  it('have their results saved as CSV where the person says', async () => {
    await fineTune(window(), { file: 'goods.jsonl', suffix: 'here' });
    await window().notifications.shown('here was fine-tuned');
    await window().notifications.dismiss('here was fine-tuned');
    await jobs().choose(/^\s*here/, 'Download Job Results…');
    await window().quickInput.step('Save the Results');
    await window().quickInput.accept();
    await window().notifications.shown('The results were saved as here.results.csv');
    expect(await readFile(path.join(workspace, 'here.results.csv'), 'utf8')).toMatch(/^step,train_loss,.*\n1,[\d.]+,/);
  });

  it('export diagnostics without their key, shown before they are saved', async () => {
    await window().quickInput.runCommand('Tuning Fork: Export Diagnostics…');
    await window().editors.show(/Untitled-/);
    const text = () => window().editors.text.locator('.view-lines').innerText();
    await expect.poll(text, { timeout: 30_000 }).toContain('Tuning');
    expect(await text()).not.toContain(server.apiKey);
  });

  it('are cleared from this machine by kind, with the size of each', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Clear Data…');
    await quickInput.step('Which data should be deleted from this machine?');
    const lines = (await quickInput.texts()).join('\n');
    expect(lines).toMatch(/Datasets as uploaded\s*[\d.]+ (bytes|kB) · 2/);
    expect(lines).toMatch(/Jobs with their events and curves[\s\S]*in use and will be kept/);
    await quickInput.pick('Datasets as uploaded');
    await quickInput.accept();
    await window().dialog.shown('Nothing is deleted at a provider.');
    await window().dialog.press('Delete');
    await window().page.locator('.statusbar-item', { hasText: 'deleted' }).first().waitFor();
  });
});
