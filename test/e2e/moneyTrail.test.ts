import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inProject } from '../../scripts/lib/paths.ts';
import { capture, cleanEnvironment } from '../../scripts/lib/processes.ts';
import { ConnectionStore } from '../../src/connections/store.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerFineTuning, beginFineTuning } from '../support/e2e/mainJob.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { aJob } from '../support/jobBuilders.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const MODEL = 'gpt-4o-mini-2024-07-18';
const CREATE = 'POST /fine_tuning/jobs';
const DAY_MS = 86_400_000;

function withoutTerminal(list: unknown): unknown {
  const { data, ...rest } = list as { readonly data: readonly { readonly suffix?: unknown }[] };
  return { ...rest, data: data.filter(({ suffix }) => suffix !== 'terminal') };
}

/** What is left behind on the way from a dataset to a bill, and what was begun elsewhere, in one window. */
describe('the trail of a start', () => {
  let server: FaultServer;
  let workspace = '';
  const window = useWindow(async () => {
    server = await startFaultServer();
    server.otherwise = (route) => {
      // What was started elsewhere a moment ago is not in the provider's list yet: the window knows it from this machine.
      if (route === 'GET /fine_tuning/jobs') return { kind: 'rewrite', change: withoutTerminal };
      if (route === 'GET /models')
        return { kind: 'json', value: { object: 'list', data: [{ id: MODEL, object: 'model', created: 1 }] } };
      const [, id] = /^DELETE \/files\/(.+)$/.exec(route) ?? [];
      if (id === undefined) return { kind: 'ok' };
      const at = server.ledger.files.findIndex((file) => file.id === id);
      if (at < 0) return { kind: 'status', status: 404 };
      server.ledger.files.splice(at, 1);
      return { kind: 'json', value: { id, object: 'file', deleted: true } };
    };
    workspace = await temporaryWorkspace({
      'goods.jsonl': toJsonl(priceRows(30, 100)),
      'wares.jsonl': toJsonl(priceRows(30, 900)),
    });
    return { workspace, settings: { 'tuningFork.storage.retentionDays': 30 } };
  });
  afterAll(() => server.close());
  const jobs = () => window().sideBar.view('Jobs');
  /** What the extension keeps on this machine. */
  const storage = (...parts: string[]) =>
    path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork', ...parts);

  async function start(file: string, suffix: string): Promise<void> {
    await beginFineTuning(window(), file);
    await answerFineTuning(window(), { connection: 'Paid', model: MODEL, validation: 'None', suffix });
    await window().dialog.shown('Start a paid job at Paid');
    await window()
      .dialog.box.getByRole('button', { name: /^Start for/ })
      .click();
    await window().sideBar.show('Tuning Fork');
  }

  it('is kept for as many days as the setting says', async () => {
    const store = new JobStore({ folder: storage('jobs') });
    for (const [name, days] of [['aged', 31] as const, ['fresh', 29] as const]) {
      const at = Date.now() - days * DAY_MS;
      const files = [storage('snapshots', `of-${name}`, 'training.jsonl'), storage('intents', `of-${name}.jsonl`)];
      for (const file of files) {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, 'x\n');
        await utimes(file, at / 1000, at / 1000);
      }
      await utimes(storage('snapshots', `of-${name}`), at / 1000, at / 1000);
      const seconds = Math.round(at / 1000);
      store.update('local', name, {
        job: aJob({ id: name, createdAt: seconds, status: 'cancelled', finishedAt: seconds }),
        complete: true,
        local: { name, intentId: `of-${name}`, notified: true },
      });
    }
    await store.dispose();
    const kept = async () =>
      (await Promise.all(['snapshots', 'intents'].map((folder) => readdir(storage(folder))))).flat().sort();
    expect(await kept()).toEqual(['of-aged', 'of-aged.jsonl', 'of-fresh', 'of-fresh.jsonl']);
    await window().sideBar.show('Tuning Fork');
    await jobs().shows('fresh');
    await jobs().row('aged').waitFor({ state: 'hidden' });
    await expect.poll(kept, { timeout: 30_000 }).toEqual(['of-fresh', 'of-fresh.jsonl']);
  });

  it('leads to a second request only when the person says so, knowing what it may cost', async () => {
    await addCompatibleConnection(window(), { name: 'Paid', baseUrl: server.baseUrl, key: server.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Paid is connected' }).first().waitFor();
    // The request leaves this machine and is never answered; no job comes of it.
    server.script(CREATE, { kind: 'silence' });
    await start('goods.jsonl', 'goods');
    await expect.poll(() => server.count(CREATE), { timeout: 60_000 }).toBe(1);
    await window().restart();
    const lost = 'The start of goods was interrupted';
    await window().notifications.shown(lost);
    await window().notifications.press(lost, 'Find Its Job…');
    const question = 'Paid lists no job for the start of goods. Start it again?';
    await window().dialog.shown(question);
    const explained = await window().dialog.box.innerText();
    expect(explained).toContain('A provider may list a new job late');
    expect(explained).toContain('a second one, which is billed too');
    // Enter presses the first button, which is the one that spends nothing.
    await window().page.keyboard.press('Enter');
    await window().dialog.box.waitFor({ state: 'hidden' });
    await window().sideBar.show('Tuning Fork');
    await jobs().shows(/goods\s*unknown whether a job was created/);
    expect(server.count(CREATE)).toBe(1);
    expect(server.ledger.jobs).toEqual([]);
    await jobs().choose(/goods\s*unknown whether a job was created/, 'Resume Interrupted Job Start…');
    await window().dialog.shown(question);
    expect(server.count(CREATE)).toBe(1);
    await window()
      .dialog.box.getByRole('button', { name: /^Start Again for About \$0\.0\d$/ })
      .click();
    await jobs().shows(/goods\s*waiting to start/);
    expect(server.count(CREATE)).toBe(2);
    expect(server.ledger.jobs).toHaveLength(1);
    // The first file might have had a job that could not be told apart by it: the second start brought its own.
    expect(server.ledger.files).toHaveLength(2);
    expect(server.ledger.jobs[0]?.['training_file']).toBe(server.ledger.files[1]?.id);
    await expect.poll(async () => (await jobs().texts()).join('\n')).not.toContain('unknown whether');
    // Its charts open last; a palette that is opened before would lose the focus to them.
    await (await window().editors.webview('goods')).getByText('Waiting for the provider to start.').waitFor();
  });

  it('shows files that no job uses, and deletes them when the person says so', async () => {
    const { quickInput } = window();
    const [left, used] = server.ledger.files;
    const look = async (): Promise<void> => {
      await quickInput.runCommand('Tuning Fork: Delete Unused Uploads…');
      await quickInput.step('At which connection?');
      await quickInput.pick('Paid');
    };
    await look();
    await quickInput.step('Selected files are deleted at the provider');
    const rows = await quickInput.texts();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain(left?.['filename']);
    expect(rows[0]).toMatch(/goods\.ft-.*[\d.]+ (bytes|kB)/s);
    await quickInput.accept();
    await window().dialog.shown('Delete 1 file at Paid?');
    await window().page.keyboard.press('Escape');
    await window().dialog.box.waitFor({ state: 'hidden' });
    expect(server.ledger.files.map(({ id }) => id)).toEqual([left?.id, used?.id]);
    await look();
    await quickInput.step('Selected files are deleted at the provider');
    await quickInput.accept();
    await window().dialog.shown('Delete 1 file at Paid?');
    await window().dialog.press('Delete');
    await window().page.locator('.statusbar-item', { hasText: '1 file deleted' }).first().waitFor();
    expect(server.ledger.files.map(({ id }) => id)).toEqual([used?.id]);
    await look();
    await window().notifications.shown('There are no unused uploads at Paid.');
  });

  it('shows a job that was started in a terminal, by itself', async () => {
    const args = ['tune', path.join(workspace, 'wares.jsonl'), '--connection', 'Paid', '--model', MODEL];
    args.push('--suffix', 'terminal', '--max-cost', '5', '--data-dir', storage());
    const environment = cleanEnvironment({ TUNING_FORK_API_KEY: server.apiKey });
    const { code, output } = await capture(process.execPath, [inProject('dist/cli.js'), ...args], { env: environment });
    expect(output).toContain('was started at Paid');
    expect(code).toBe(0);
    await jobs().shows(/terminal\s*waiting to start/);
    expect(await jobs().menuOf('terminal')).toContain('Cancel Job');
    expect(server.ledger.jobs).toHaveLength(2);
  });

  it("leads to the job's page at its provider", async () => {
    const connections = new ConnectionStore(storage());
    const { id } = await connections.add({ kind: 'openai', name: 'Far', baseUrl: 'https://api.openai.com/v1' });
    const store = new JobStore({ folder: storage('jobs') });
    const local = { name: 'faraway', notified: true };
    const seconds = Math.round(Date.now() / 1000);
    const job = aJob({ id: 'ftjob-far', createdAt: seconds, status: 'cancelled', finishedAt: seconds });
    store.update(id, job.id, { job, complete: true, local });
    await store.dispose();
    await jobs().choose('faraway', "Open Job in Provider's Dashboard");
    await window().dialog.shown('https://platform.openai.com/finetune/ftjob-far');
    await window().dialog.press('Copy');
    await expect.poll(() => window().clipboard()).toBe('https://platform.openai.com/finetune/ftjob-far');
    // Nobody failed: the person chose not to open it.
    expect(await window().notifications.with('was not opened').isVisible()).toBe(false);
  });
});
