// The charts of one job: moving, axes, smoothing, crosshair, legend.
import { beforeEach, describe, expect, it } from 'vitest';
import { dragOver, figuresOf } from '../../../support/webviewHarness/chartReader.ts';
import type { CurvePageWindow, RunFixture } from '../../../support/webviewHarness/curvePage.ts';
import type { CurvesPage } from '../../../support/webviewHarness/harness.ts';
import { useCurves } from '../../../support/webviewHarness/usePanels.ts';

const open = useCurves();
let curves: CurvesPage;

const run: RunFixture = {
  id: 'a',
  name: 'pricer',
  fall: { steps: 500, seed: 7, floor: 1, seconds: 2 },
  totalSteps: 500,
  scale: { epochs: 2, examples: 1000, trainedTokens: 60_000, batchSize: 4 },
  marks: [{ step: 250, label: 'epoch 1 · checkpoint' }],
};

beforeEach(async () => {
  curves = await open();
  await curves.set([run]);
});

const region = (name: string) => curves.page.getByRole('region', { name, exact: true });
const loss = () => region('Loss').locator('.chart');
const accuracy = () => region('Token accuracy').locator('.chart');
const press = (name: string) => curves.page.getByRole('button', { name, exact: true }).click();
const tip = () => region('Loss').locator('.tip');
const picture = () => loss().evaluate((element) => element.querySelector('canvas')?.toDataURL() ?? '');

async function viewOf(family: string): Promise<void> {
  await region(family).getByRole('button', { name: 'View' }).click();
}

describe('moving along x', () => {
  it('is shared by all charts, and undone step by step', async () => {
    await dragOver(loss(), 0.3, 0.8);
    const once = await figuresOf(loss());
    expect((await figuresOf(accuracy())).x).toEqual(once.x);
    await dragOver(accuracy(), 0.4, 0.6);
    const twice = await figuresOf(loss());
    expect(twice.x[1] - twice.x[0]).toBeLessThan(once.x[1] - once.x[0]);
    await press('Undo Zoom');
    expect((await figuresOf(loss())).x).toEqual(once.x);
    await loss().focus();
    await curves.page.keyboard.press('u');
    expect((await figuresOf(loss())).x).toEqual([0, 500]);
    expect(
      await curves.page.locator('vscode-button', { hasText: 'Undo Zoom' }).getAttribute('disabled'),
    ).not.toBeNull();
  });

  it('takes turns of the wheel in a row for one step', async () => {
    // At once: on a busy machine turns of a real wheel may be far apart.
    await loss().evaluate((element) => {
      const clientX = element.getBoundingClientRect().left + 300;
      for (let turn = 0; turn < 4; turn++)
        element.dispatchEvent(new WheelEvent('wheel', { deltaY: -100, clientX, cancelable: true }));
    });
    const { x } = await figuresOf(loss());
    expect(x[1] - x[0]).toBeCloseTo(500 * Math.exp(-0.8), 6);
    await press('Undo Zoom');
    expect((await figuresOf(loss())).x).toEqual([0, 500]);
  });

  it('undoes a double click as well', async () => {
    await dragOver(loss(), 0.3, 0.8);
    const zoomed = await figuresOf(loss());
    await loss().dblclick();
    expect((await figuresOf(loss())).x).toEqual([0, 500]);
    await press('Undo Zoom');
    expect((await figuresOf(loss())).x).toEqual(zoomed.x);
  });

  it('moves the view with the middle button or with shift, never beyond its ends', async () => {
    await dragOver(loss(), 0.4, 0.6);
    const [from, to] = (await figuresOf(loss())).x;
    await dragOver(loss(), 0.6, 0.5, 'middle');
    const moved = (await figuresOf(loss())).x;
    expect(moved[0]).toBeGreaterThan(from);
    expect(moved[1] - moved[0]).toBeCloseTo(to - from, 6);
    await curves.page.keyboard.down('Shift');
    await dragOver(loss(), 0.2, 0.9);
    await dragOver(loss(), 0.2, 0.9);
    await dragOver(loss(), 0.2, 0.9);
    await dragOver(loss(), 0.2, 0.9);
    await curves.page.keyboard.up('Shift');
    expect((await figuresOf(loss())).x[0]).toBe(0);
    expect((await figuresOf(loss())).x[1]).toBeCloseTo(to - from, 6);
  });

  it('takes typed ends, and puts back what is no range', async () => {
    await press('X: step');
    const lowest = curves.page.getByRole('textbox', { name: 'Lowest x' });
    const highest = curves.page.getByRole('textbox', { name: 'Highest x' });
    await lowest.fill('100');
    await highest.fill('200');
    await highest.press('Enter');
    expect((await figuresOf(loss())).x).toEqual([100, 200]);
    await highest.fill('50');
    await highest.press('Enter');
    expect(await highest.inputValue()).toBe('200');
    await lowest.fill('');
    await highest.fill('');
    await highest.press('Enter');
    expect((await figuresOf(loss())).x).toEqual([0, 500]);
  });
});

describe('axes', () => {
  it.each([
    ['epoch', 2],
    ['examples', 2000],
    ['tokens', 60_000],
    ['relative', 998],
    ['wall', 1_795_000_998],
  ])('have %s as x where the job knows it', async (axis, last) => {
    await press('X: step');
    await curves.page.getByLabel('X axis', { exact: true }).last().selectOption(axis);
    expect((await figuresOf(loss())).x[1]).toBeCloseTo(last, 6);
    expect((await figuresOf(accuracy())).x[1]).toBeCloseTo(last, 6);
    expect(curves.complaints).toEqual([]);
  });

  it('offer only what every job knows', async () => {
    await curves.set([run, { id: 'b', name: 'other', fall: { steps: 100, seed: 1, floor: 1 } }]);
    await press('X: step');
    expect(await curves.page.locator('.curve-toolbar select option').allTextContents()).toEqual(['step']);
  });

  it('are logarithmic when asked for: x from the first step, y without the values at 0', async () => {
    const before = await picture();
    await press('X: step');
    await curves.page.getByRole('radio', { name: 'Logarithmic' }).first().check({ force: true });
    await curves.page.keyboard.press('Escape');
    expect((await figuresOf(loss())).x).toEqual([1, 500]);
    const logX = await picture();
    expect(logX).not.toBe(before);
    await viewOf('Loss');
    await region('Loss').getByRole('radio', { name: 'Logarithmic' }).check({ force: true });
    const { y } = await figuresOf(loss());
    expect(y[0]).toBeGreaterThan(0);
    expect(await picture()).not.toBe(logX);
    // The other chart has a y axis of its own.
    expect((await figuresOf(accuracy())).y[0]).toBeLessThan(0.2);
  });

  it('zooms on a logarithmic axis to what was dragged over', async () => {
    await press('X: step');
    await curves.page.getByRole('radio', { name: 'Logarithmic' }).first().check({ force: true });
    await curves.page.keyboard.press('Escape');
    const box = await loss().boundingBox();
    // Half of the plot is half of the decades.
    const share = (66 + ((box?.width ?? 0) - 80) / 2) / (box?.width ?? 1);
    await dragOver(loss(), share, 0.999);
    expect((await figuresOf(loss())).x[0]).toBeCloseTo(Math.sqrt(500), 0);
  });

  it('have titles', async () => {
    const drawn = await curves.page.evaluate(
      () => (globalThis as unknown as { harness: { drawn: string[] } }).harness.drawn,
    );
    expect(drawn).toContain('Step');
    expect(drawn).toContain('Loss');
  });

  it('ignore outliers when asked to: they are counted and marked at the edge', async () => {
    const figures = { train_loss: Array.from({ length: 300 }, (_, n) => (n % 100 === 50 ? 40 + n : 1 + (n % 7) / 10)) };
    await curves.set([{ id: 'a', name: 'spiky', figures }]);
    expect((await figuresOf(loss())).y[1]).toBeGreaterThan(290);
    await viewOf('Loss');
    await region('Loss').getByRole('checkbox', { name: 'Ignore outliers in scaling' }).click();
    const { y, outside } = await figuresOf(loss());
    expect(y[1]).toBeLessThan(3);
    expect(outside).toBe(3);
    expect(await region('Loss').locator('.below-chart').textContent()).toBe('3 points lie outside the y axis.');
    const svg = await exported('Save as SVG…');
    expect(svg.match(/class="beyond"/g)).toHaveLength(3);
  });

  it('reaches to the last planned step while the job runs', async () => {
    await curves.set([{ ...run, totalSteps: 800, isLive: true }]);
    expect((await figuresOf(loss())).x).toEqual([0, 800]);
    await curves.page.evaluate(() => (globalThis as unknown as CurvePageWindow).curves.append(1));
    expect((await figuresOf(loss())).x).toEqual([0, 800]);
  });
});

async function exported(item: string): Promise<string> {
  await press('Export');
  await press(item);
  return curves.page.evaluate(() => (globalThis as unknown as CurvePageWindow).curves.exported.at(-1)?.data ?? '');
}

describe('smoothing', () => {
  it.each(['time-ema', 'gaussian', 'average', 'none'] as const)('of the kind %s is drawn and kept', async (kind) => {
    const ema = await picture();
    await viewOf('Loss');
    await region('Loss').getByLabel('Smoothing', { exact: true }).selectOption(kind);
    await curves.drawn();
    const other = await picture();
    expect(other).not.toBe(ema);
    expect(await region('Loss').getByRole('slider').count()).toBe(kind === 'none' ? 0 : 1);
    expect(await region('Token accuracy').getByRole('slider', { name: 'EMA smoothing' }).count()).toBe(1);
    await curves.page.reload();
    await curves.set([run]);
    expect(await picture()).toBe(other);
  });

  it('has the raw line, its range or nothing behind it', async () => {
    const pictures = new Set([await picture()]);
    await viewOf('Loss');
    for (const behind of ['band', 'none']) {
      await region('Loss').getByLabel('Behind the smoothed line').selectOption(behind);
      await curves.drawn();
      pictures.add(await picture());
    }
    expect(pictures.size).toBe(3);
  });
});

describe('the crosshair', () => {
  it('shows smoothed and raw values at the pointer, in all charts, and moves nothing', async () => {
    const heightOf = () => curves.page.evaluate(() => document.documentElement.scrollHeight);
    const before = [await heightOf(), await region('Loss').locator('.legend').textContent()];
    const box = await loss().boundingBox();
    await curves.page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 40);
    expect(await tip().textContent()).toMatch(/^step \d+training loss\d\.\d+raw \d\.\d+validation loss/);
    for (const name of ['Loss', 'Token accuracy']) expect(await region(name).locator('.cross').isVisible()).toBe(true);
    expect([await heightOf(), await region('Loss').locator('.legend').textContent()]).toEqual(before);
    await curves.page.mouse.move(2, 2);
    expect(await tip().isVisible()).toBe(false);
    expect(await region('Token accuracy').locator('.cross').isVisible()).toBe(false);
  });

  it('is moved by keys, and read out', async () => {
    await loss().focus();
    await curves.page.keyboard.press('Home');
    expect(await tip().textContent()).toMatch(/^step 1training loss/);
    await curves.page.keyboard.press('ArrowRight');
    expect(await tip().textContent()).toMatch(/^step 2training loss/);
    expect(await region('Loss').locator('.visually-hidden[role=status]').textContent()).toMatch(
      /^step 2; training loss \d\.\d+, raw \d\.\d+/,
    );
    await curves.page.keyboard.press('End');
    expect(await tip().textContent()).toMatch(/^step 500/);
    await curves.page.keyboard.press('ArrowLeft');
    expect(await tip().textContent()).toMatch(/^step 499/);
    await curves.page.keyboard.press('PageUp');
    expect(await tip().textContent()).toMatch(/^step 4[2-6]\d/);
    await curves.page.keyboard.press('Escape');
    expect(await tip().isVisible()).toBe(false);
  });

  it('has a list of its keys behind a button and the question mark', async () => {
    await loss().focus();
    await curves.page.keyboard.press('?');
    expect(await curves.page.getByRole('table', { name: 'Keys of the charts' }).isVisible()).toBe(true);
    await curves.page.keyboard.press('Escape');
    expect(await curves.page.getByRole('table', { name: 'Keys of the charts' }).count()).toBe(0);
  });
});

describe('the legend', () => {
  it('has the values that the lines show, and switches lines off and on', async () => {
    const key = region('Loss').getByRole('button', { name: /^training loss/ });
    const all = await figuresOf(loss());
    await loss().focus();
    await curves.page.keyboard.press('End');
    const shown = await tip().locator('tr').first().locator('strong').textContent();
    expect(await key.textContent()).toBe(`training loss${shown ?? ''}`);
    await key.click();
    expect((await figuresOf(loss())).points).toBe(all.points - 500);
    expect(await key.getAttribute('aria-pressed')).toBe('false');
    await curves.page.reload();
    await curves.set([run]);
    expect((await figuresOf(loss())).points).toBe(all.points - 500);
    await region('Loss')
      .getByRole('button', { name: /^training loss/ })
      .click();
    expect((await figuresOf(loss())).points).toBe(all.points);
  });
});

describe('a loss that is known without the prompts', () => {
  it('is a line in the chart of the losses', async () => {
    const drawn = () =>
      curves.page.evaluate(() => (globalThis as unknown as { harness: { drawn: string[] } }).harness.drawn);
    const text = 'validation loss without looking at the prompts: 2.94';
    expect(await drawn()).not.toContain(text);
    await curves.set([{ ...run, unconditional: { role: 'valid', loss: 2.94 } }]);
    expect(await drawn()).toContain(text);
    expect((await figuresOf(loss())).y[1]).toBeGreaterThanOrEqual(2.94);
  });
});
