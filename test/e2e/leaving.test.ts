import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerEvaluation, answerFineTuning, fineTune } from '../support/e2e/mainJob.ts';
import { startGateProxy, type GateProxy } from '../support/gateProxy.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startServe, type Serve } from '../support/serve.ts';

const ITEMS = 40;
const RECORDED = 25;

/** A provider, played by a server of its own behind a proxy, closes in the middle of a recording; its replacement is trained here. */
describe('leaving a provider', () => {
  let serve: Serve;
  let proxy: GateProxy;
  let workspace: string;
  const window = useWindow(async () => {
    serve = await startServe();
    proxy = await startGateProxy(serve.baseUrl);
    workspace = await temporaryWorkspace({
      'goods.train.jsonl': toJsonl(priceRows(200, 1000)),
      'goods.test.jsonl': toJsonl(priceRows(ITEMS, 8000)),
    });
    await mkdir(path.join(workspace, 'taken'));
    return { workspace };
  });
  afterAll(async () => {
    await proxy.stop();
    await serve.stop();
  });
  const panel = () => window().editors.webview('Leave Lab');
  const cell = async (text: string | RegExp) =>
    (await panel()).locator('table.leaving td').filter({ hasText: text }).first();

  it('shows what is there from the menu of its connection, for free', async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: proxy.baseUrl, key: serve.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    await fineTune(window(), { file: 'goods.train.jsonl', connection: 'Lab', epochs: '2', suffix: 'old', seed: '1' });
    await window().notifications.shown('old was fine-tuned');
    await window().sideBar.show('Tuning Fork');
    await window()
      .sideBar.view('Jobs')
      .choose(/^\s*Lab/, 'Leave This Provider…');
    const page = await panel();
    await page.getByText('1 tuned model · 1 job').waitFor();
    await (await cell('local-linear-1')).waitFor();
    await (await cell(/^here$/)).waitFor();
    expect(proxy.chats).toEqual([]);
  });

  it('takes everything along, verified by its hash', async () => {
    const page = await panel();
    await page.getByRole('button', { name: 'Download Everything…' }).click();
    await window().quickInput.enterPath(path.join(workspace, 'taken'), 'Take Along Here');
    await page.getByText(/files, [\d.]+ \w?B, verified by their hashes, are in/).waitFor();
    // The page counts while files come: all are there when the job's events are, too.
    const index = async () =>
      JSON.parse(await readFile(path.join(workspace, 'taken', 'leaving.json'), 'utf8')) as {
        files: { what: string; sameAsHere: boolean | null }[];
        missing: unknown[];
      };
    await expect.poll(async () => (await index()).files.length).toBe(4);
    const { files, missing } = await index();
    expect(missing).toEqual([]);
    expect(files.find(({ what }) => what === 'training file')?.sameAsHere).toBe(true);
  });

  it('keeps what was recorded when the provider closes in the middle', async () => {
    const page = await panel();
    await page.getByRole('button', { name: 'old: Record Answers…' }).click();
    await answerEvaluation(window(), { testFile: 'goods.test.jsonl' });
    const run = await window().editors.webview('goods.test.jsonl');
    proxy.letThrough(RECORDED);
    await run
      .getByText(new RegExp(`${String(RECORDED)} of ${String(ITEMS)}`))
      .first()
      .waitFor();
    // A model that was just trained may be unknown for a while and is waited for; a closed account is not.
    proxy.retire(401);
    await run.locator('.badge', { hasText: 'paused' }).waitFor();
    await (await cell(`${String(RECORDED)} of ${String(ITEMS)} items`)).waitFor();
    await page.getByRole('button', { name: 'old: Record the Rest…' }).waitFor();
  });

  it('is the same after a reload', async () => {
    await window().persisted('taken');
    await window().reload();
    await (await cell(`${String(RECORDED)} of ${String(ITEMS)} items`)).waitFor();
    await (await panel()).getByText(/verified by their hashes, are in/).waitFor();
  });

  it('trains a replacement on the same dataset elsewhere', async () => {
    await (await panel()).getByRole('button', { name: 'old: Train a Replacement…' }).click();
    await answerFineTuning(window(), { epochs: '2', suffix: 'new', seed: '1' });
    await window().notifications.shown('new was fine-tuned');
  });

  it('says whether the replacement is equal, by a margin that was named before', async () => {
    const { quickInput } = window();
    await (await panel()).getByRole('button', { name: 'old: Evaluate a Replacement…' }).click();
    await quickInput.step('Choose a model');
    await quickInput.pick(/^\s*new/);
    await quickInput.step('Name it before the answers are known');
    await quickInput.enter('5');
    const run = await window().editors.webview(/^\s*new on goods\.test\.jsonl/);
    await run
      .getByText(/new is equal to old to within ±0\.00 on 25 items/)
      .first()
      .waitFor();
    await run
      .getByText(/recorded on .* · ft:local-linear-1/)
      .first()
      .waitFor();
    await (await cell('new: equal to old')).waitFor();
  });

  it('writes one document to show to others', async () => {
    await (await panel()).getByRole('button', { name: 'Write Document' }).click();
    await window().notifications.shown('The document was written: leaving.html.');
    const document = await window().editors.webview('Leaving Lab');
    await document
      .getByText(/new is equal to old to within ±0\.00 on 25 items/)
      .first()
      .waitFor();
    await document
      .getByText(`${String(RECORDED)} of ${String(ITEMS)} items`)
      .first()
      .waitFor();
    await document.getByText('new: equal', { exact: true }).waitFor();
    const html = await readFile(path.join(workspace, 'taken', 'leaving.html'), 'utf8');
    expect(html).toContain('15 of 40 items have no recorded answer and are not judged.');
    expect(html).not.toContain(serve.apiKey);
  });
});
