// Several jobs in one chart, what leaves the page, and what holds in every theme.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../support/webviewHarness/chartReader.ts';
import type { CurvePageWindow, RunFixture } from '../../../support/webviewHarness/curvePage.ts';
import type { CurvesPage } from '../../../support/webviewHarness/harness.ts';
import { THEMES } from '../../../support/webviewHarness/themes.ts';
import { useCurves } from '../../../support/webviewHarness/usePanels.ts';

const open = useCurves();

const five: readonly RunFixture[] = ['pricer', 'two epochs', 'small batch', 'half the rate', '=more data'].map(
  (name, n) => ({
    id: `job-${n}`,
    name,
    fall: { steps: 200 + 50 * n, seed: n + 1, floor: 0.7 + 0.15 * n },
    totalSteps: 200 + 50 * n,
    scale: { epochs: 2, trainedTokens: 10_000 * (n + 1) },
  }),
);

const loss = (page: CurvesPage) => page.page.getByRole('region', { name: 'Loss', exact: true });
const chart = (page: CurvesPage) => loss(page).locator('.chart');
const press = (page: CurvesPage, name: string) => page.page.getByRole('button', { name, exact: true }).first().click();

async function opened(runs = five): Promise<CurvesPage> {
  const page = await open();
  await page.set(runs);
  return page;
}

async function exported(page: CurvesPage, item: string): Promise<string> {
  await press(page, 'Export');
  await press(page, item);
  return page.page.evaluate(() => (globalThis as unknown as CurvePageWindow).curves.exported.at(-1)?.data ?? '');
}

describe('five jobs', () => {
  it('are drawn in one chart, each in its own color, training and validation told apart by dashes', async () => {
    const page = await opened();
    // Steps, a fifth of them with a validation loss, and two full ones each.
    const points = five.reduce((sum, { fall }) => sum + (fall?.steps ?? 0) * 1.2 + 2, 0);
    expect((await figuresOf(chart(page))).points).toBe(points);
    expect((await figuresOf(chart(page))).x).toEqual([0, 400]);
    const looks = await loss(page)
      .locator('.legend td .line-mark path')
      .evaluateAll((paths) =>
        paths.map((path) => [path.getAttribute('stroke'), path.getAttribute('stroke-dasharray')]),
      );
    const training = looks.filter((_, index) => index % 3 === 0);
    const validation = looks.filter((_, index) => index % 3 === 1);
    expect(new Set(training.map(([colour]) => colour)).size).toBe(5);
    expect(validation.map(([colour]) => colour)).toEqual(training.map(([colour]) => colour));
    expect(training.every(([, dash]) => dash === '')).toBe(true);
    expect(validation.every(([, dash]) => dash !== '')).toBe(true);
  });

  it('are aligned by epoch or tokens', async () => {
    const page = await opened();
    await press(page, 'X: step');
    const axis = page.page.locator('.curve-toolbar select');
    expect(await axis.locator('option').allTextContents()).toEqual(['step', 'epoch', 'tokens']);
    await axis.selectOption('epoch');
    expect((await figuresOf(chart(page))).x).toEqual([0, 2]);
    await axis.selectOption('tokens');
    expect((await figuresOf(chart(page))).x).toEqual([0, 50_000]);
  });

  it('are switched off and on as lines, as metrics and as jobs, and stay so over a reload', async () => {
    const page = await opened();
    const all = (await figuresOf(chart(page))).points;
    await loss(page)
      .getByRole('button', { name: /^training loss, pricer/ })
      .click();
    expect((await figuresOf(chart(page))).points).toBe(all - 200);
    await loss(page).getByRole('button', { name: 'validation loss', exact: true }).click();
    expect((await figuresOf(chart(page))).points).toBe(all - 200 - 300);
    await loss(page).getByRole('button', { name: 'two epochs', exact: true }).click();
    const left = all - 200 - 300 - 250 - 2;
    expect((await figuresOf(chart(page))).points).toBe(left);
    await page.page.reload();
    await page.set(five);
    expect((await figuresOf(chart(page))).points).toBe(left);
    await loss(page).getByRole('button', { name: 'two epochs', exact: true }).click();
    expect((await figuresOf(chart(page))).points).toBe(left + 250 + 50 + 2);
  });

  it('are compared with a pinned baseline in per cent, in the legend and at the pointer', async () => {
    const figures = (value: number) => ({ train_loss: [value, value, value] });
    const page = await opened([
      { id: 'a', name: 'a', figures: figures(2) },
      { id: 'b', name: 'b', figures: figures(1.5) },
      { id: 'c', name: 'c', figures: figures(2.2) },
    ]);
    const cells = () => loss(page).locator('.legend td.number').allTextContents();
    expect(await cells()).toEqual(['training loss, a2.00', 'training loss, b1.50', 'training loss, c2.20']);
    await loss(page).getByRole('button', { name: 'pin a as baseline' }).click();
    expect(await cells()).toEqual(['training loss, a2.00', 'training loss, b1.50−25.0%', 'training loss, c2.20+10.0%']);
    await chart(page).focus();
    await page.page.keyboard.press('End');
    expect(await loss(page).locator('.tip tr').allTextContents()).toEqual(['a2.00', 'b1.50−25.0%', 'c2.20+10.0%']);
    await loss(page).getByRole('button', { name: 'baseline: a' }).click();
    expect(await cells()).toEqual(['training loss, a2.00', 'training loss, b1.50', 'training loss, c2.20']);
  });

  it('are in the table, a column a line and a row a step', async () => {
    const page = await opened();
    await press(page, 'Table');
    const table = page.page.getByRole('table', { name: 'Loss: figures' });
    expect(await table.getAttribute('aria-rowcount')).toBe('401');
    expect(await table.locator('th').allTextContents()).toContain('half the rate: validation loss');
    expect(await table.locator('tr[aria-rowindex="2"] td').count()).toBe(16);
  });
});

describe('what leaves the page', () => {
  it('is a CSV that no spreadsheet takes for a formula, with raw and smoothed values', async () => {
    const page = await opened([
      { id: 'a', name: '=1+1', figures: { train_loss: [2, 1], valid_loss: [null, 3] } },
      { id: 'b', name: 'b, "c"', figures: { train_loss: [4] } },
    ]);
    const lines = (await exported(page, 'Save as CSV…')).split('\r\n');
    expect(lines[0]).toBe('job,step,train_loss,train_loss smoothed,valid_loss,valid_loss smoothed');
    expect(lines[1]).toBe("'=1+1,1,2,2,,");
    // EMA with 0.9, debiased: (0.1 · 0.9 · 2 + 0.1 · 1) / (1 − 0.81).
    expect(lines[2]).toMatch(/^'=1\+1,2,1,1\.4736\d+,3,3$/);
    expect(lines[3]).toBe('"b, ""c""",1,4,4,,');
  });

  it('is an SVG with every line, whose names stay text', async () => {
    const page = await opened([
      { id: 'a', name: '<script>alert(1)</script>"&', figures: { train_loss: [2, 1, 1.5] } },
      { id: 'b', name: 'b', figures: { train_loss: [4, 3, 2] } },
    ]);
    const svg = await exported(page, 'Save as SVG…');
    const read = await page.page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      return {
        errors: parsed.querySelectorAll('parsererror').length,
        scripts: parsed.querySelectorAll('script').length,
        texts: [...parsed.querySelectorAll('text')].map((element) => element.textContent),
        lines: parsed.querySelectorAll('path[stroke-width="2"]').length,
      };
    }, svg);
    expect(read).toMatchObject({ errors: 0, scripts: 0 });
    expect(read.texts).toContain('<script>alert(1)</script>"&');
    expect(read.texts).toContain('Step');
    // Each once as a line and once in the legend.
    expect(read.lines).toBe(4);
  });

  it('is a PNG of the charts as they are shown', async () => {
    const page = await opened();
    const png = Buffer.from(await exported(page, 'Save as PNG…'), 'base64');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(10_000);
  });

  it('is copied, or said to be refused', async () => {
    const page = await opened();
    await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await press(page, 'Export');
    await press(page, 'Copy as CSV');
    await page.page.getByText('copied').waitFor();
    expect(await page.page.evaluate(() => navigator.clipboard.readText())).toMatch(/^job,step,train_loss/);
    await press(page, 'Export');
    await press(page, 'Copy Picture');
    await expect
      .poll(() => page.page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types)))
      .toEqual(['image/png']);
    await page.page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('Not allowed.'));
    });
    await press(page, 'Export');
    await press(page, 'Copy as CSV');
    await page.page.getByText('The clipboard refused it. Save it instead.').waitFor();
  });
});

describe('every theme', () => {
  it('has charts without an accessibility violation, menus open or closed, and no request is refused', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const page = await opened();
    await press(page, 'Table');
    await page.page.evaluate(axe);
    for (const theme of THEMES) {
      await page.setTheme(theme);
      for (const menu of ['View', 'X: step', 'Export', 'Keys']) {
        await press(page, menu);
        const found = await page.page.evaluate((options) => {
          const { axe: runner } = globalThis as unknown as {
            axe: { run: (node: Document, options: RunOptions) => Promise<AxeResults> };
          };
          return runner
            .run(document, options)
            .then(({ violations }) =>
              violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
            );
        }, {} as RunOptions);
        expect(found.map((text) => `${theme} ${menu} ${text}`)).toEqual([]);
        await press(page, menu);
      }
    }
    expect(await page.violations()).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  it('is followed by lines and legend, and has lines with a contrast of 3 to the background', async () => {
    const page = await opened();
    const seen = new Set<string>();
    for (const theme of THEMES) {
      await page.setTheme(theme);
      const [background, ...colours] = await page.page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        ...[...document.querySelectorAll('.legend td .line-mark path[stroke]')].map(
          (path) => getComputedStyle(path).stroke,
        ),
      ]);
      for (const colour of colours) {
        expect(contrast(colour, background), `${theme} ${colour}`).toBeGreaterThanOrEqual(3);
      }
      seen.add(JSON.stringify(colours));
      seen.add(await chart(page).evaluate((element) => element.querySelector('canvas')?.toDataURL() ?? ''));
    }
    // Two palettes, and four pictures.
    expect(seen.size).toBe(6);
  });

  it('moves nothing by itself, whatever was asked of the charts', async () => {
    const page = await opened();
    await press(page, 'View');
    await chart(page).dblclick();
    expect(await page.page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

/** Contrast of two colors `rgb(…)` by WCAG. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [Math.min(luminance(a), luminance(b)), Math.max(luminance(a), luminance(b))];
  return (light + 0.05) / (dark + 0.05);
}
