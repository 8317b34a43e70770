import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerFineTuning, beginFineTuning } from '../support/e2e/mainJob.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const MODEL = 'gpt-4o-mini-2024-07-18';

/** VS Code is killed in the middle of a start at a provider that bills; its ledger is the bill. */
describe('a start that is interrupted', () => {
  let server: FaultServer;
  const window = useWindow(async () => {
    server = await startFaultServer();
    return {
      workspace: await temporaryWorkspace({
        'goods.jsonl': toJsonl(priceRows(30, 100)),
        'wares.jsonl': toJsonl(priceRows(30, 900)),
      }),
    };
  });
  afterAll(() => server.close());
  const jobs = () => window().sideBar.view('Jobs');
  const reached = (route: string, times = 1) => expect.poll(() => server.count(route), { timeout: 60_000 }).toBe(times);

  async function start(suffix: string, file = 'goods.jsonl'): Promise<void> {
    await beginFineTuning(window(), file);
    await answerFineTuning(window(), { connection: 'Paid', typedModel: MODEL, validation: 'None', suffix });
    await window().dialog.shown('Start a paid job at Paid');
    await window()
      .dialog.box.getByRole('button', { name: /^Start for/ })
      .click();
  }

  it('between upload and create goes on at the next launch: one file, one job', async () => {
    await addCompatibleConnection(window(), { name: 'Paid', baseUrl: server.baseUrl, key: server.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Paid is connected' }).first().waitFor();
    // The file arrives, its answer never does.
    server.script('POST /files', { kind: 'silence', after: true });
    await start('goods');
    await reached('POST /files');
    await window().restart();
    expect(server.ledger.files).toHaveLength(1);
    expect(server.ledger.jobs).toEqual([]);
    const text = await window().notifications.shown('The start of goods was interrupted');
    expect(text).toContain('before the upload was complete');
    await window().sideBar.show('Tuning Fork');
    await jobs().shows(/goods\s*interrupted/);
    await window().notifications.press('The start of goods was interrupted', 'Resume…');
    await window().dialog.shown('Resume the start of goods at Paid for about $0.02?');
    // The way back costs nothing, and the start stays where it is.
    await window().page.keyboard.press('Escape');
    await window().dialog.box.waitFor({ state: 'hidden' });
    expect(server.ledger.jobs).toEqual([]);
    await jobs().choose(/goods\s*interrupted/, 'Resume Interrupted Job Start…');
    await window().dialog.shown('Resume the start of goods at Paid');
    await window()
      .dialog.box.getByRole('button', { name: /^Resume for/ })
      .click();
    await jobs().shows(/goods\s*waiting to start/);
    expect(server.ledger.files).toHaveLength(1);
    expect(server.ledger.jobs).toHaveLength(1);
    await expect.poll(async () => (await jobs().texts()).join('\n')).not.toContain('interrupted');
  });

  it('after the job was made finds the job again, without asking for another one', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'silence', after: true });
    await start('second');
    await reached('POST /fine_tuning/jobs', 2);
    await window().restart();
    await window().sideBar.show('Tuning Fork');
    await jobs().shows(/second\s*waiting to start/);
    expect(server.ledger.jobs).toHaveLength(2);
    expect(server.count('POST /fine_tuning/jobs')).toBe(2);
    expect(await window().notifications.with('was interrupted').isVisible()).toBe(false);
  });

  it('can be forgotten', async () => {
    const uploads = server.count('POST /files');
    server.script('POST /files', { kind: 'silence' });
    await start('third', 'wares.jsonl');
    await reached('POST /files', uploads + 1);
    await window().restart();
    await window().notifications.shown('The start of third was interrupted');
    await window().notifications.press('The start of third was interrupted', 'Discard…');
    await window().dialog.shown('Discard the start of third?');
    await window().dialog.press('Discard');
    await window().sideBar.show('Tuning Fork');
    await jobs().shows(/second\s*waiting to start/);
    await expect.poll(async () => (await jobs().texts()).join('\n')).not.toContain('third');
    await window().reload();
    await jobs().shows(/second\s*waiting to start/);
    expect(await window().notifications.with('was interrupted').isVisible()).toBe(false);
    expect(server.ledger.jobs).toHaveLength(2);
  });
});
