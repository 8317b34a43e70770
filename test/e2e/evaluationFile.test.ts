import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, fineTune } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { storedRun } from '../support/evaluationRuns.ts';
import { startGateProxy, type GateProxy } from '../support/gateProxy.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startServe, type Serve } from '../support/serve.ts';

const ROWS = 40;
const MORE = 120;
const MODELS = 2;
const FLOORS = 3;
const BEFORE_THE_KILL = 25;
const CONCURRENCY = 8;

/** An evaluation as a file: marked while it is written, run from its editor, killed midway, resumed from the same file. */
describe('an evaluation file', () => {
  let serve: Serve;
  let proxy: GateProxy;
  let workspace: string;
  const window = useWindow(async () => {
    serve = await startServe();
    proxy = await startGateProxy(serve.baseUrl);
    workspace = await temporaryWorkspace({
      'shop.train.jsonl': toJsonl(priceRows(120, 1000)),
      'shop.test.jsonl': toJsonl(priceRows(ROWS, 8000)),
      'shop.more.test.jsonl': toJsonl(priceRows(MORE, 20_000)),
    });
    return { workspace };
  });
  beforeAll(async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: proxy.baseUrl, key: serve.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    for (const [suffix, epochs] of [
      ['brief', '1'],
      ['long', '6'],
    ] as const) {
      await fineTune(window(), { file: 'shop.train.jsonl', connection: 'Lab', epochs, suffix });
      await window().notifications.shown(`${suffix} was fine-tuned`);
    }
    const file = {
      testFile: 'shop.test.jsonl',
      trainingFile: 'shop.train.jsonl',
      primry: 'mae',
      answerPrefix: 'Price is $',
      contestants: [
        { label: 'tuned', model: await modelOf('long'), connection: 'Labb' },
        { label: 'other', model: await modelOf('brief'), baseUrl: proxy.baseUrl },
        { label: 'floor', constant: true },
        { label: 'near', nearest: true },
      ],
      grader: { type: 'number' },
    };
    await writeFile(path.join(workspace, 'shop.eval.json'), `${JSON.stringify(file, null, 2)}\n`);
  });
  afterAll(async () => {
    await proxy.stop();
    await serve.stop();
  });

  async function modelOf(suffix: string): Promise<string> {
    const answer = await fetch(`${serve.baseUrl}/models`, { headers: { authorization: `Bearer ${serve.apiKey}` } });
    const { data } = (await answer.json()) as { readonly data: readonly { readonly id: string }[] };
    return data.find(({ id }) => id.includes(`:${suffix}:`))?.id ?? '';
  }

  async function journals(): Promise<string> {
    const storage = path.join(window().profile.userData, 'User/globalStorage');
    const own = (await readdir(storage)).find((name) => name.includes('tuning-fork'));
    return path.join(storage, own ?? '', 'evaluations');
  }

  async function runIds(): Promise<readonly string[]> {
    const names = await readdir(await journals());
    return names.filter((name) => name.endsWith('.jsonl')).map((name) => path.basename(name, '.jsonl'));
  }

  /** Process that the lease names: the extension host of the window that evaluates. */
  async function holder(id: string): Promise<number> {
    const folder = path.join(await journals(), `${id}.lock`);
    const [last] = (await readdir(folder)).sort((a, b) => Number(b) - Number(a));
    return (JSON.parse(await readFile(path.join(folder, last ?? ''), 'utf8')) as { pid: number }).pid;
  }

  async function open(): Promise<void> {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('shop.eval.json');
    await window().editors.show(/^shop\.eval\.json/);
  }

  /** Replaces a word of the file in front, as a user does. */
  async function replace(word: string, by: string): Promise<void> {
    const { page, editors } = window();
    await editors.text.getByText(`"${word}"`, { exact: true }).dblclick();
    await page.keyboard.type(by);
    await page.keyboard.press('Escape');
  }

  const picture = (name: string) => window().screenshot(path.join(testResults, `evaluation-file-${name}.png`));
  const run = () =>
    window()
      .page.locator('.part.editor .editor-actions')
      .getByRole('button', { name: /^Run Evaluation File/ })
      .first()
      .click({ timeout: patience });

  it('that is mistyped is marked, by its schema and by what it names, until it is mended', async () => {
    const { editors, page, quickInput } = window();
    await open();
    const squiggle = editors.text.locator('.squiggly-warning, .squiggly-error');
    await squiggle.first().waitFor({ timeout: patience });
    await replace('primry', 'primary');
    await quickInput.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    const problems = page.locator('.markers-panel');
    await problems.getByText('There is no connection Labb; the connections are Local and Lab.').waitFor();
    await picture('marked');
    await replace('Labb', 'Lab');
    await squiggle.first().waitFor({ state: 'hidden', timeout: patience });
    await page.keyboard.press('ControlOrMeta+S');
    await expect
      .poll(async () => readFile(path.join(workspace, 'shop.eval.json'), 'utf8'))
      .toMatch(/"primary": "mae"[\s\S]*"Lab"/);
  });

  it('is run from its editor with four contestants', async () => {
    await run();
    await expect.poll(() => proxy.chats.length, { timeout: patience }).toBe(CONCURRENCY);
    proxy.letThrough(BEFORE_THE_KILL);
    const [id = ''] = await runIds();
    const stored = async () => storedRun(await journals(), id);
    await expect
      .poll(async () => (await stored()).rows.length, { timeout: patience })
      .toBe(FLOORS * ROWS + BEFORE_THE_KILL);
    const panel = await window().editors.webview(/^tuned on shop/);
    for (const label of ['tuned', 'other', 'floor', 'near']) await panel.getByText(label).first().waitFor();
  });

  it('goes on where it was after the window was killed, when the file is run again', async () => {
    const [id = ''] = await runIds();
    process.kill(await holder(id), 'SIGKILL');
    await window().restart();
    const before = proxy.chats.length;
    await open();
    await run();
    await window().dialog.shown('Resume the interrupted run of shop.eval.json?');
    await picture('resume');
    await window().dialog.press('Resume');
    proxy.letThrough(1000);
    const panel = await window().editors.webview(/^tuned on shop/);
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    expect(await runIds()).toEqual([id]);
    const { rows, status } = await storedRun(await journals(), id);
    expect([rows.length, status]).toEqual([(MODELS + FLOORS) * ROWS, 'finished']);
    expect(proxy.chats.length - before).toBe(MODELS * ROWS - BEFORE_THE_KILL);
  });

  it('says what can be claimed of its first contestant against the second', async () => {
    const panel = await window().editors.webview(/^tuned on shop/);
    await panel
      .locator('.headline')
      .first()
      .filter({ hasText: /tuned is (better|worse|not shown to be better).* than other/ })
      .waitFor();
    await picture('verdict');
    expect(window().pageErrors).toEqual([]);
  });

  it('that may stop early asks no more once the answer is in, says why, and goes on to the end when it is told to', async () => {
    const { sideBar, editors } = window();
    const spec = JSON.parse(await readFile(path.join(workspace, 'shop.eval.json'), 'utf8')) as object;
    const early = { ...spec, testFile: 'shop.more.test.jsonl', stopEarly: true, pass: { mae: { max: 100_000 } } };
    await writeFile(path.join(workspace, 'early.eval.json'), JSON.stringify(early));
    const before = new Set(await runIds());
    await sideBar.show('Explorer');
    await sideBar.explorer.select('early.eval.json');
    await editors.show(/^early\.eval\.json/);
    const chats = proxy.chats.length;
    await run();
    const panel = await editors.webview(/^tuned on early/);
    await panel.locator('.badge', { hasText: 'stopped early' }).waitFor({ timeout: patience });
    const looks = panel.getByRole('region', { name: 'Stopping early' });
    const decided = looks.getByText(/^tuned was decided after \d+ of 120 rows: /);
    await decided.waitFor();
    expect(await looks.locator('tr.deciding').count()).toBe(1);
    const asked = proxy.chats.length - chats;
    expect(asked).toBeLessThan(MODELS * MORE);
    // Requests that were under way when it was decided are counted as well.
    await looks
      .getByText(`${String(MODELS * MORE - asked)} of ${String(MODELS * MORE)} answers were not asked for`)
      .waitFor();
    await panel.getByRole('region', { name: 'Thresholds' }).getByText('tuned passes').waitFor();
    await picture('early');
    const sentence = await decided.innerText();
    const [id = ''] = (await runIds()).filter((one) => !before.has(one));
    expect((await storedRun(await journals(), id)).status).toBe('stopped-early');
    await panel.getByRole('button', { name: /^Go On to the End/ }).click();
    await panel.locator('.badge', { hasText: 'finished' }).waitFor({ timeout: patience });
    expect(proxy.chats.length - chats).toBe(MODELS * MORE);
    // The rows that came later change nothing about the planned verdict.
    expect(await decided.innerText()).toBe(sentence);
    await panel
      .locator('.headline')
      .first()
      .filter({ hasText: 'All rows were asked after that; the early verdict was the planned one, and stays.' })
      .waitFor();
    await picture('early-to-the-end');
    expect(window().pageErrors).toEqual([]);
  });
});
