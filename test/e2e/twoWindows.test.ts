import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerEvaluation, fineTune } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import type { VsCodeWindow } from '../support/e2e/window.ts';
import { storedRun } from '../support/evaluationRuns.ts';
import { startGateProxy, type GateProxy } from '../support/gateProxy.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startServe, type Serve } from '../support/serve.ts';

const ROWS = 60;
/** Constant, nearest training example and bag of words. */
const FLOORS = 3;
const CONCURRENCY = 8;

/** A window evaluates slowly while another one of the same user looks on, and takes over when the first one dies. */
describe('two windows and one evaluation', () => {
  let serve: Serve;
  let proxy: GateProxy;
  let second: VsCodeWindow;
  const first = useWindow(async () => {
    serve = await startServe();
    proxy = await startGateProxy(serve.baseUrl);
    return {
      workspace: await temporaryWorkspace({
        'shop.train.jsonl': toJsonl(priceRows(60, 1000)),
        'shop.test.jsonl': toJsonl(priceRows(ROWS, 8000)),
      }),
    };
  });
  beforeAll(async () => {
    await addCompatibleConnection(first(), { name: 'Lab', baseUrl: proxy.baseUrl, key: serve.apiKey });
    await first().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    await fineTune(first(), { file: 'shop.train.jsonl', connection: 'Lab', epochs: '1', suffix: 'slow' });
    await first().notifications.shown('slow was fine-tuned');
    second = await first().another();
    await second.sideBar.show('Tuning Fork');
  });
  beforeEach(({ task, onTestFailed }) => {
    onTestFailed(() => second.keepEvidence(`${task.name} second`));
  });
  afterAll(async () => {
    await proxy.stop();
    await serve.stop();
  });
  const evaluations = (window: VsCodeWindow) => window.sideBar.view('Evaluations');
  const picture = (name: string) => second.screenshot(path.join(testResults, `two-windows-${name}.png`));

  async function journals(): Promise<string> {
    const storage = path.join(first().profile.userData, 'User/globalStorage');
    const own = (await readdir(storage)).find((name) => name.includes('tuning-fork'));
    return path.join(storage, own ?? '', 'evaluations');
  }

  async function runId(): Promise<string> {
    const name = (await readdir(await journals())).find((one) => one.endsWith('.jsonl'));
    return path.basename(name ?? '', '.jsonl');
  }

  /** The process that the lease names: the extension host of the window that evaluates. */
  async function holder(): Promise<number> {
    const folder = path.join(await journals(), `${await runId()}.lock`);
    const [last] = (await readdir(folder)).sort((a, b) => Number(b) - Number(a));
    return (JSON.parse(await readFile(path.join(folder, last ?? ''), 'utf8')) as { pid: number }).pid;
  }

  it('shows a run of the other window as it grows, without Resume or Cancel', async () => {
    await first()
      .sideBar.view('Jobs')
      .choose(/^\s*slow/, 'Evaluate Model…');
    await answerEvaluation(first(), { testFile: 'shop.test.jsonl' });
    await expect.poll(() => proxy.chats.length, { timeout: patience }).toBe(CONCURRENCY);
    await evaluations(second).shows(/180\/240 rows · running in another window/);
    proxy.letThrough(5);
    await evaluations(second).shows(/185\/240 rows · running in another window/);
    const menu = await evaluations(second).menuOf(/running in another window/);
    expect(menu).toContain('Open Evaluation');
    expect(menu.join()).not.toMatch(/Resume|Cancel|Delete/);
  });

  it('shows its rows as they come, and who runs it', async () => {
    await evaluations(second).select(/running in another window/);
    const panel = await second.editors.webview('shop.test.jsonl');
    await panel.getByText(/^This evaluation is running in another window \(process \d+\)\.$/).waitFor();
    await panel.getByText('5 of 60 answers').waitFor();
    proxy.letThrough(7);
    await panel.getByText('12 of 60 answers').waitFor();
    expect(await panel.getByRole('button', { name: /Resume|Take Over|Cancel/ }).count()).toBe(0);
    await picture('follows');
    expect((await storedRun(await journals(), await runId())).rows).toHaveLength(FLOORS * ROWS + 12);
    expect(proxy.chats.length).toBeLessThanOrEqual(12 + CONCURRENCY);
  });

  it('keeps every row when the second window is reloaded in between', async () => {
    await second.persisted('runId');
    await second.reload();
    await second.sideBar.show('Tuning Fork');
    proxy.letThrough(3);
    await evaluations(second).shows(/195\/240 rows · running in another window/);
    expect((await storedRun(await journals(), await runId())).rows).toHaveLength(FLOORS * ROWS + 15);
    // The first window never noticed.
    const panel = await first().editors.webview('shop.test.jsonl');
    await panel.getByText('15 of 60 answers').waitFor();
    await panel.getByRole('button', { name: 'Cancel' }).waitFor();
  });

  it('is taken over when the first window dies, and only what is missing is asked', async () => {
    const before = proxy.chats.length;
    expect(before).toBeLessThanOrEqual(15 + CONCURRENCY);
    process.kill(await holder(), 'SIGKILL');
    await first().closeAnother();
    await evaluations(second).shows(/left behind · 195\/240 rows · take over/);
    const panel = await second.editors.webview('shop.test.jsonl');
    await panel.getByText('ended while this evaluation was running').waitFor();
    await picture('left-behind');
    await panel.getByRole('button', { name: 'Take Over (45 left)' }).click();
    await second.dialog.shown('Take over the evaluation on shop.test.jsonl?');
    await picture('take-over');
    await second.dialog.press('Take Over');
    await panel.getByRole('button', { name: 'Cancel' }).waitFor();
    proxy.letThrough(1000);
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    expect(proxy.chats.length - before).toBe(ROWS - 15);
    const { rows, status } = await storedRun(await journals(), await runId());
    expect([rows.length, status]).toEqual([(FLOORS + 1) * ROWS, 'finished']);
    expect(new Set(rows.map(({ contestant, item }) => `${contestant} ${String(item)}`)).size).toBe((FLOORS + 1) * ROWS);
    expect(second.pageErrors).toEqual([]);
  });
});
