// The panel of evaluations that are on the disk: looks of a run that stopped early, exports, two runs over the same items, a narrow window.
import { execFile } from 'node:child_process';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { inProject } from '../../scripts/lib/paths.ts';
import { createRandom } from '../../src/core/base/random.ts';
import type { Contestant, RunConfig, TestItem } from '../../src/core/evaluation/types.ts';
import { EvaluationRun } from '../../src/evals/runner.ts';
import type { Ask } from '../../src/evals/scheduler.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';

const ITEMS = 100;
const SHA = 'c'.repeat(64);
const truthOf = (index: number): number => 50 + 3 * index;
const items: readonly TestItem[] = Array.from({ length: ITEMS }, (_, index) => ({
  index,
  line: index + 1,
  title: `article ${String(8000 + index)}`,
  messages: [
    { role: 'user', content: `How much is article ${String(8000 + index)}?` },
    { role: 'assistant', content: 'Price is $' },
  ],
  truth: `Price is $${String(truthOf(index))}.00`,
}));
const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'lab', model: 'ft:x' };
const base: Contestant = { id: 'base', kind: 'base', label: 'mini', connectionId: 'lab', model: 'x' };

describe('the panel of an evaluation', () => {
  let workspace: string;
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({ 'shop.test.jsonl': '' });
    return { workspace, size: { width: 1500, height: 950 } };
  });
  const evaluations = () => window().sideBar.view('Evaluations');
  const panelOf = (title: string | RegExp) => window().editors.webview(title);

  /** A run as the product writes it, by models that are off by up to `spread`. */
  async function writeRun(id: string, contestants: readonly Contestant[], change: Partial<RunConfig>): Promise<void> {
    const spread: Readonly<Record<string, number>> = { tuned: 8, base: 60, other: 20 };
    const random = createRandom(id.length);
    const ask: Ask = ({ id: who }, { index }) =>
      Promise.resolve({
        text: (truthOf(index) + (spread[who] ?? 0) * (2 * random.next() - 1)).toFixed(2),
        finishReason: 'stop',
        usage: { input: 40, output: 4 },
      });
    const folder = path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork/evaluations');
    const config: RunConfig = {
      v: 1,
      id,
      createdAt: Date.now(),
      name: 'shop.test.jsonl',
      testFile: { path: path.join(workspace, 'shop.test.jsonl'), sha256: SHA, items: ITEMS },
      contestants,
      grader: 'number',
      numberReader: { version: 2, decimalMark: 'point' },
      sampling: { temperature: 0, maxTokens: 16, seed: 42 },
      answerPrefix: 'Price is $',
      concurrency: 8,
      ...change,
    };
    const run = await EvaluationRun.create(folder, config, items);
    const ended = await run.start(SHA, { ask });
    if (!ended.ok) throw new Error(ended.error.message);
    await run.dispose();
  }

  async function exportAs(form: string, name: string): Promise<string> {
    const panel = await panelOf('pricer on shop.test.jsonl');
    await panel.getByRole('button', { name: 'Export…' }).click();
    await window().quickInput.step('Form of the export');
    await window().quickInput.pick(form);
    await window().quickInput.step('Export Evaluation');
    const target = path.join(workspace, name);
    await window().quickInput.enterPath(target);
    expect(await window().notifications.shown(`${name} is written.`)).toBe(`${name} is written.`);
    await window().notifications.dismiss(`${name} is written.`);
    return target;
  }

  it('shows the planned looks of a run that stopped early, and what it saved', async () => {
    await writeRun('early', [tuned, base], { stopEarly: true, order: { seed: 42 } });
    await window().sideBar.show('Tuning Fork');
    await evaluations().shows(/pricer against mini\s*mean error [\d.]+ · better than mini/);
    await evaluations().open('pricer against mini', 'pricer on shop.test.jsonl');
    const panel = await panelOf('pricer on shop.test.jsonl');
    await panel.locator('.badge', { hasText: 'stopped early' }).waitFor();
    const looks = panel.getByRole('region', { name: 'Stopping early' });
    await looks.getByText(/^pricer was decided after \d0 of 100 rows: it is better than mini\.$/).waitFor();
    await looks.getByText(/^\d+ of 200 answers were not asked for/).waitFor();
    const table = looks.getByRole('table', { name: 'Planned looks' });
    expect(await table.locator('tbody tr').count()).toBe(5);
    expect(await table.getByText('stopped: better').count()).toBe(1);
    expect(await table.getByText('not needed').count()).toBeGreaterThan(1);
    await panel.getByRole('table', { name: 'Comparison' }).getByText('after stopping').waitFor();
    expect(await panel.locator('.headline').first().innerText()).toMatch(/as planned; the interval is the one after/);
    expect(await panel.getByRole('button', { name: /^Go On to the End \(\d+ left\)/ }).isVisible()).toBe(true);
  });

  it('filters the table by what is selected in a picture', async () => {
    const panel = await panelOf('pricer on shop.test.jsonl');
    const grid = panel.getByRole('grid', { name: 'Rows' });
    const rows = Number(await grid.getAttribute('aria-rowcount'));
    const chart = panel.locator('.scatter');
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    if (!box) throw new Error('The chart has no box.');
    const { mouse } = window().page;
    await mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.05);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.9, { steps: 5 });
    await mouse.up();
    const chip = panel.getByText(/^\d+ rows? (is|are) selected in the picture\.$/);
    await chip.waitFor();
    const selected = Number.parseInt(await chip.innerText(), 10);
    expect(selected).toBeLessThan(rows - 1);
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(selected + 1));
    await panel.getByRole('button', { name: 'Show All' }).click();
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(rows));
  });

  it('exports one run file that verify accepts, and finds changed', async () => {
    const target = await exportAs('Run file', 'early.run.jsonl');
    const text = await readFile(target, 'utf8');
    expect(text).not.toContain(workspace);
    const verify = (file: string) =>
      promisify(execFile)(process.execPath, [inProject('dist/cli.js'), 'verify', file]).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        (error: unknown) => {
          const { code, stderr } = error as { code: number; stderr: string };
          return { code, text: stderr };
        },
      );
    const accepted = await verify(target);
    expect(accepted).toMatchObject({ code: 0 });
    expect(accepted.text).toMatch(/pricer is better than mini.*as planned/);
    const changed = path.join(workspace, 'changed.run.jsonl');
    await writeFile(changed, text.replace(/"guess":\d/, '"guess":9'));
    const refused = await verify(changed);
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/Line \d+ of the run file/);
  });

  it('exports a report with its pictures beside it', async () => {
    const target = await exportAs('Report', 'early.report.md');
    const markdown = await readFile(target, 'utf8');
    expect(markdown).toContain('pricer is better than mini');
    const pictures = [...markdown.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, name]) => decodeURI(name ?? ''));
    expect(pictures.length).toBeGreaterThan(2);
    for (const picture of pictures) {
      await access(path.join(workspace, picture));
      const bytes = await readFile(path.join(workspace, picture));
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      expect(bytes.length).toBeGreaterThan(4000);
    }
    expect((await readdir(workspace)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('compares two runs over the same items', async () => {
    const other: Contestant = { ...tuned, id: 'other', label: 'second try', model: 'ft:y' };
    await writeRun('second', [other, base], {});
    await evaluations().shows('second try against mini');
    const panel = await panelOf('pricer on shop.test.jsonl');
    await panel.getByRole('button', { name: 'Compare with Another Run…' }).click();
    await window().quickInput.step('Evaluation to compare with');
    await window().quickInput.pick('second try against mini');
    await panel
      .locator('.pair-sentence')
      .getByText(/^pricer is better than second try \(.*\): mean error −/)
      .waitFor();
    await panel.getByRole('rowheader', { name: /^From the run of/ }).waitFor();
    // Against another run's model there are no looks, but tests.
    await panel.locator('.checks > summary').waitFor({ state: 'hidden' });
    await panel.getByRole('button', { name: 'Remove the Other Run' }).click();
    await panel.getByRole('rowheader', { name: /^From the run of/ }).waitFor({ state: 'hidden' });
  });

  it('keeps its tables whole at 700 px', async () => {
    const { page } = window();
    const panel = await panelOf('pricer on shop.test.jsonl');
    await page.setViewportSize({ width: 1050, height: 950 });
    const body = panel.locator('body');
    await expect.poll(() => body.evaluate((element) => element.clientWidth)).toBeLessThan(800);
    expect(await body.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
    expect((await panel.locator('.contestants th.name').nth(1).boundingBox())?.width).toBeGreaterThanOrEqual(170);
    const looks = panel.getByRole('table', { name: 'Planned looks' });
    const [table, frame] = [await looks.boundingBox(), await body.boundingBox()];
    expect((table?.x ?? 0) + (table?.width ?? 0)).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
    expect(window().pageErrors).toEqual([]);
  });
});
