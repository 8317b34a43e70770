import { describe, expect, it } from 'vitest';
import { NO_TABLE, tableOfPoints } from '../../../../src/core/training/curves/pointTable.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { jobState, metricPoint, metrics } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

interface Shown {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly points: number;
  readonly smoothing: number;
}

/** Chart of the losses with its controls. */
const loss = () => panel.page.getByRole('region', { name: 'Loss', exact: true });

async function shown(): Promise<Shown> {
  // Two frames: what was asked for is drawn in the next, observers run after it.
  return panel.page.evaluate(
    () =>
      new Promise<Shown>((resolve) => {
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const data = document.querySelector<HTMLElement>('.chart')?.dataset ?? {};
            const number = (name: string): number => Number(data[name]);
            resolve({
              x: [number('xMin'), number('xMax')],
              y: [number('yMin'), number('yMax')],
              points: number('points'),
              smoothing: Number(document.querySelector<HTMLInputElement>('.chart-head input[type=range]')?.value),
            });
          }),
        );
      }),
  );
}

async function picture(): Promise<string> {
  return panel.page.evaluate(() => document.querySelector('canvas')?.toDataURL() ?? '');
}

async function drag(from: number, to: number): Promise<void> {
  const box = await loss().locator('.chart').boundingBox();
  if (!box) throw new Error('There is no chart.');
  const y = box.y + box.height / 2;
  await panel.page.mouse.move(box.x + box.width * from, y);
  await panel.page.mouse.down();
  await panel.page.mouse.move(box.x + box.width * to, y, { steps: 5 });
  await panel.page.mouse.up();
}

describe('the settings of open-weights training', () => {
  const settings = [
    { title: 'LoRA rank', value: '8', asked: '8' },
    { title: 'Maximum length', value: '512', asked: 'auto' },
  ];
  const texts = () => panel.page.getByRole('table', { name: 'Advanced settings' }).getByRole('row').allInnerTexts();

  it('are folded, and say what was asked for and what was used', async () => {
    panel = await open(jobState({ settings }));
    const fold = panel.page.getByText('Advanced settings', { exact: true });
    expect(await panel.page.getByRole('table', { name: 'Advanced settings' }).count()).toBe(0);
    await fold.click();
    const cells = (await texts()).map((row) => row.split(/\s*\t\s*/));
    expect(cells).toEqual([
      ['Setting', 'Asked for', 'Used'],
      ['LoRA rank', '8', '8'],
      ['Maximum length', 'auto', '512'],
    ]);
  });

  it('leave out what is not known, and are not there for other jobs', async () => {
    panel = await open(jobState({ settings: settings.map((one) => ({ ...one, asked: null })) }));
    await panel.page.getByText('Advanced settings', { exact: true }).click();
    expect((await texts())[0]).toMatch(/^Setting\s+Used$/);
    await panel.close();
    panel = await open(jobState());
    await panel.page.getByRole('heading', { name: 'pricer' }).waitFor();
    expect(await panel.page.getByText('Advanced settings', { exact: true }).isVisible()).toBe(false);
  });
});

describe('the curve', () => {
  it('shows every step from 0 to the last', async () => {
    panel = await open(jobState());
    const { x, points } = await shown();
    expect(x).toEqual([0, 500]);
    // 500 training, 100 validation, 2 full validation points.
    expect(points).toBe(602);
  });

  it('has its controls as soon as there is something to draw, and not before', async () => {
    panel = await open(jobState({ status: 'failed', curve: NO_TABLE, checkpoints: [] }));
    const slider = loss().getByRole('slider', { name: 'EMA smoothing' });
    await panel.page.getByText('The job failed before its first step').waitFor();
    expect(await slider.count()).toBe(0);
    expect(await panel.page.getByRole('button', { name: 'Table' }).count()).toBe(0);
    await panel.close();
    panel = await open(jobState());
    expect(await loss().getByRole('slider', { name: 'EMA smoothing' }).count()).toBe(1);
  });

  it('zooms to what was dragged over; a double click shows everything again', async () => {
    panel = await open(jobState());
    await drag(0.4, 0.6);
    const zoomed = await shown();
    expect(zoomed.x[0]).toBeGreaterThan(170);
    expect(zoomed.x[0]).toBeLessThan(230);
    expect(zoomed.x[1]).toBeGreaterThan(270);
    expect(zoomed.x[1]).toBeLessThan(330);
    await loss().locator('.chart').dblclick();
    expect((await shown()).x).toEqual([0, 500]);
  });

  it('takes a click for no zoom', async () => {
    panel = await open(jobState());
    await loss().locator('.chart').click();
    expect((await shown()).x).toEqual([0, 500]);
  });

  it('zooms with the wheel around the pointer, and lets the page scroll when all is shown', async () => {
    panel = await open(jobState());
    await loss().locator('.chart').hover();
    await panel.page.mouse.wheel(0, 100);
    expect((await shown()).x).toEqual([0, 500]);
    await panel.page.mouse.wheel(0, -100);
    await expect.poll(async () => (await shown()).x[1]).toBeLessThan(500);
    const { x } = await shown();
    expect(x[1] - x[0]).toBeCloseTo(500 * Math.exp(-0.2), 0);
  });

  it('zooms, moves and resets by keyboard', async () => {
    panel = await open(jobState());
    await loss().locator('.chart').focus();
    await panel.page.keyboard.press('+');
    expect((await shown()).x).toEqual([125, 375]);
    await panel.page.keyboard.press('Shift+ArrowRight');
    expect((await shown()).x).toEqual([175, 425]);
    await panel.page.keyboard.press('Shift+ArrowLeft');
    await panel.page.keyboard.press('-');
    expect((await shown()).x).toEqual([0, 500]);
    await panel.page.keyboard.press('+');
    await panel.page.keyboard.press('0');
    expect((await shown()).x).toEqual([0, 500]);
  });

  it('takes a typed y range, says how many points lie outside, and resets', async () => {
    panel = await open(jobState());
    const automatic = (await shown()).y;
    await loss().getByRole('textbox', { name: 'Lowest y' }).fill('0');
    await loss().getByRole('textbox', { name: 'Highest y' }).fill('1');
    await panel.page.keyboard.press('Enter');
    expect((await shown()).y).toEqual([0, 1]);
    const all = metrics(500, 2).flatMap((point) => [point.trainLoss, point.validLoss, point.fullValidLoss]);
    const outside = all.filter((value) => value !== null && value > 1).length;
    expect(await loss().locator('.below-chart').textContent()).toBe(`${outside} points lie outside the y axis.`);
    await panel.page.getByRole('button', { name: 'Reset' }).click();
    expect((await shown()).y).toEqual(automatic);
    expect(await loss().getByRole('textbox', { name: 'Highest y' }).inputValue()).toBe('');
  });

  it('puts back what is no number', async () => {
    panel = await open(jobState());
    const field = loss().getByRole('textbox', { name: 'Highest y' });
    await field.fill('3');
    await field.press('Enter');
    await field.fill('three');
    await field.press('Enter');
    expect(await field.inputValue()).toBe('3');
    expect((await shown()).y[1]).toBe(3);
  });

  it('smooths by the slider and shows the weight', async () => {
    panel = await open(jobState());
    const slider = loss().getByRole('slider', { name: 'EMA smoothing' });
    await slider.focus();
    const before = await picture();
    await panel.page.keyboard.press('Home');
    expect((await shown()).smoothing).toBe(0);
    expect(await loss().locator('output').textContent()).toBe('0.00');
    expect(await picture()).not.toBe(before);
    await panel.page.keyboard.press('End');
    expect((await shown()).smoothing).toBe(0.99);
  });

  it('keeps the raw line behind the smoothed one', async () => {
    // A single peak: smoothed it is low, so whatever is drawn at its height is the raw line.
    const peak = Array.from({ length: 200 }, (_, index) =>
      metricPoint(index + 1, { trainLoss: index === 100 ? 10 : 1 }),
    );
    panel = await open(jobState({ curve: tableOfPoints(peak), checkpoints: [] }));
    const slider = loss().getByRole('slider', { name: 'EMA smoothing' });
    await slider.focus();
    await panel.page.keyboard.press('End');
    await shown();
    const colours = await panel.page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) return 0;
      // A strip at half height crosses the peak only.
      const { data } = context.getImageData(0, Math.round(canvas.height / 2) - 3, canvas.width, 6);
      let blue = 0;
      for (let i = 0; i < data.length; i += 4)
        if ((data[i + 2] ?? 0) > (data[i] ?? 0) + 20 && (data[i + 3] ?? 0) > 20) blue += 1;
      return blue;
    });
    expect(colours).toBeGreaterThan(4);
  });

  it('shows token accuracy in a chart of its own below', async () => {
    panel = await open(jobState());
    const accuracy = panel.page.getByRole('region', { name: 'Token accuracy' });
    expect(await accuracy.locator('.legend').textContent()).toContain('training token accuracy');
    expect(await accuracy.getByRole('img').getAttribute('aria-label')).toContain('training token accuracy');
    expect(Number(await accuracy.locator('.chart').getAttribute('data-y-max'))).toBeLessThanOrEqual(1);
  });

  it('follows the theme', async () => {
    panel = await open(jobState());
    // The verdicts mark the chart when they are there.
    await panel.page.locator('.verdict-list dt').first().waitFor();
    await shown();
    const dark = await picture();
    await panel.setTheme('light');
    expect(await picture()).not.toBe(dark);
    await panel.setTheme('dark');
    expect(await picture()).toBe(dark);
  });

  it('says in words what it shows', async () => {
    panel = await open(jobState());
    const label = await loss().getByRole('img').getAttribute('aria-label');
    expect(label).toMatch(
      /^Line chart\. Line of training loss: from .* at step 1 to .* at step 500\. Line of validation loss: from/,
    );
  });
});

describe('while it runs', () => {
  it('takes patches by step: new points are added, known ones replaced', async () => {
    const all = metrics(60);
    panel = await open(
      jobState({ status: 'running', totalSteps: 60, curve: tableOfPoints(all.slice(0, 20)), checkpoints: [] }),
    );
    // The number of steps is known: the axis does not move while they come.
    expect((await shown()).x).toEqual([0, 60]);
    const before = (await shown()).points;
    await panel.send({
      type: 'jobPatch',
      patch: {
        fields: { step: 40, headline: { tone: 'neutral', text: 'Training: step 40 of 60.' } },
        curve: tableOfPoints([...all.slice(20, 40), metricPoint(20, { trainLoss: 9.5 })]),
        events: [{ id: 'new', createdAt: 2e9, level: 'info', message: 'Step 40/60' }],
      },
    });
    const after = await shown();
    expect(after.x).toEqual([0, 60]);
    expect(after.points).toBe(before + 20 + 4);
    expect(after.y[1]).toBeGreaterThan(9.5);
    expect(await panel.page.locator('.headline').textContent()).toBe('Training: step 40 of 60.');
    expect(await panel.page.locator('.events tr').first().textContent()).toContain('Step 40/60');
  });

  it('adds rows for new events only, keeps the newest 500 and says how many there are', async () => {
    const event = (n: number) => ({
      id: `n${String(n)}`,
      createdAt: 1e9 + n,
      level: 'info',
      message: `Event ${String(n)}`,
    });
    const first = Array.from({ length: 500 }, (_, index) => event(499 - index));
    panel = await open(jobState({ status: 'running', events: first, eventCount: 700 }));
    const { page } = panel;
    const rows = page.locator('.events tbody tr');
    await page.evaluate(() => {
      for (const row of document.querySelectorAll('.events tbody tr')) row.setAttribute('data-before', '');
    });
    const events = [{ ...event(501), level: 'error' }, event(500), { ...event(3), message: 'Changed 3' }];
    await panel.send({ type: 'jobPatch', patch: { fields: { eventCount: 702 }, curve: NO_TABLE, events } });
    expect((await rows.nth(0).textContent()) ?? '').toContain('Error: Event 501');
    expect((await rows.nth(1).textContent()) ?? '').toContain('Event 500');
    expect(await page.getByText('Changed 3').count()).toBe(1);
    expect(await page.locator('.events tbody tr:not([data-before])').count()).toBe(3);
    expect(await rows.count()).toBe(501);
    expect((await rows.nth(500).textContent()) ?? '').toContain('202 older events');
    expect(await page.getByText('Event 1', { exact: true }).count()).toBe(0);
  });

  it('draws a curve that comes in parts when it is whole', async () => {
    const all = metrics(60);
    panel = await open(jobState({ curve: tableOfPoints(all.slice(0, 20)), curveRows: 60, checkpoints: [] }));
    const { page, send } = panel;
    const drawn = (): Promise<number> => page.locator('[data-points]').count();
    expect(await drawn()).toBe(0);
    expect(await page.getByRole('button', { name: 'Table' }).count()).toBe(0);
    const part = (from: number, to: number): Promise<void> =>
      send({
        type: 'jobPatch',
        patch: { fields: {}, curve: tableOfPoints(all.slice(from, to)), events: [] },
      });
    await part(20, 40);
    expect(await drawn()).toBe(0);
    await part(40, 60);
    expect((await shown()).x[1]).toBe(60);
  });

  it('keeps a zoom while points arrive', async () => {
    const all = metrics(100);
    panel = await open(jobState({ status: 'running', curve: tableOfPoints(all.slice(0, 50)), checkpoints: [] }));
    await loss().locator('.chart').focus();
    await panel.page.keyboard.press('+');
    const zoomed = (await shown()).x;
    await panel.send({ type: 'jobPatch', patch: { fields: {}, curve: tableOfPoints(all.slice(50)), events: [] } });
    expect((await shown()).x).toEqual(zoomed);
    expect((await shown()).points).toBeGreaterThan(100);
  });

  it('shows what is awaited before the first step, then the curve', async () => {
    panel = await open(jobState({ status: 'queued', curve: NO_TABLE, events: [], checkpoints: [], step: null }));
    const waiting = panel.page.getByText('The curve starts with the first step of training.');
    expect(await waiting.isVisible()).toBe(true);
    expect(await loss().locator('.chart').isVisible()).toBe(false);
    await panel.send({
      type: 'jobPatch',
      patch: { fields: { status: 'running', step: 1 }, curve: tableOfPoints(metrics(1)), events: [] },
    });
    expect(await waiting.isVisible()).toBe(false);
    expect(await loss().locator('.chart').isVisible()).toBe(true);
    expect((await shown()).points).toBeGreaterThan(0);
  });

  it('offers what can be done, and says so to the extension', async () => {
    panel = await open(jobState({ canCancel: true }));
    for (const name of ['Evaluate…', 'Try…', 'Cancel', 'Copy']) {
      await panel.page.getByRole('button', { name, exact: true }).click();
    }
    const types = (await panel.posted()).map((message) => message.type);
    expect(types).toEqual(['ready', 'evaluateJob', 'tryJob', 'cancelJob', 'copyModelName']);
    expect(await panel.page.getByRole('button', { name: 'Go to Failing Line' }).isVisible()).toBe(false);
    await panel.send({ type: 'jobPatch', patch: { fields: { canOpenLine: true }, curve: NO_TABLE, events: [] } });
    await panel.page.getByRole('button', { name: 'Go to Failing Line' }).click();
    expect((await panel.posted()).at(-1)).toEqual({ type: 'openFailedLine' });
    await panel.send({ type: 'jobPatch', patch: { fields: { canCancel: false }, curve: NO_TABLE, events: [] } });
    expect(await panel.page.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false);
  });
});

describe('what leaves the page', () => {
  it('is handed to the extension to be written', async () => {
    panel = await open(jobState());
    await panel.page.getByRole('button', { name: 'Export' }).click();
    await panel.page.getByRole('button', { name: 'Save as CSV…' }).click();
    const last = (await panel.posted()).at(-1);
    expect(last).toMatchObject({ type: 'exportCharts', format: 'csv' });
    expect(last?.type === 'exportCharts' && last.data.slice(0, 16)).toBe('step,train_loss,');
  });
});

describe('the table', () => {
  it('holds the same figures as its chart', async () => {
    const points = metrics(500, 2);
    panel = await open(jobState({ curve: tableOfPoints(points) }));
    await panel.page.getByRole('button', { name: 'Table' }).click();
    const table = panel.page.getByRole('table', { name: 'Loss: figures' });
    const accuracies = panel.page.getByRole('table', { name: 'Token accuracy: figures' });
    expect(await table.getAttribute('aria-rowcount')).toBe('501');
    expect(await accuracies.getAttribute('aria-rowcount')).toBe('501');
    const format = (value: number | null | undefined): string =>
      value === null || value === undefined ? '–' : value.toFixed(4);
    for (const step of [1, 5, 250, 500]) {
      const region = panel.page.getByRole('region', { name: 'Loss: figures' });
      await region.evaluate(
        (element, top) => {
          element.scrollTop = top;
        },
        (step - 3) * 26,
      );
      const row = table.locator(`tr[aria-rowindex="${step + 1}"]`);
      await row.waitFor();
      const point = points[step - 1];
      expect(await row.locator('td').allTextContents()).toEqual([
        String(step),
        format(point?.trainLoss),
        format(point?.validLoss),
        format(point?.fullValidLoss),
      ]);
    }
    expect(await accuracies.locator('tr[aria-rowindex="6"] td').allTextContents()).toEqual([
      '5',
      format(points[4]?.trainAccuracy),
      format(points[4]?.validAccuracy),
      '–',
    ]);
    expect(await table.locator('tr').count()).toBeLessThan(200);
  });
});

describe('a reload of the window', () => {
  it('keeps zoom, smoothing, y range and table', async () => {
    const state = jobState();
    panel = await open(state);
    await loss().locator('.chart').focus();
    await panel.page.keyboard.press('+');
    await loss().getByRole('textbox', { name: 'Highest y' }).fill('0.9');
    await panel.page.keyboard.press('Enter');
    await loss().getByRole('slider').fill('0.5');
    await panel.page.getByRole('button', { name: 'Table' }).click();
    const before = await shown();
    await panel.reload(state);
    expect(await shown()).toEqual(before);
    expect(before).toMatchObject({ x: [125, 375], smoothing: 0.5 });
    expect(await panel.page.getByRole('table', { name: 'Loss: figures' }).isVisible()).toBe(true);
    // The other chart has a y axis of its own.
    expect(await panel.page.getByRole('region', { name: 'Token accuracy' }).getByLabel('Highest y').inputValue()).toBe(
      '',
    );
  });

  it('tells the extension each change of the view at once, to be kept with the job', async () => {
    panel = await open(jobState());
    await loss().getByRole('textbox', { name: 'Highest y' }).fill('3');
    await panel.page.keyboard.press('Enter');
    await loss().locator('.chart').focus();
    await panel.page.keyboard.press('+');
    const views = async () =>
      (await panel.posted()).flatMap((message) => (message.type === 'chartView' ? [message.view] : []));
    await expect
      .poll(async () => (await views()).at(-1))
      .toMatchObject({ x: { from: 125, to: 375 }, charts: { loss: { yMax: 3 } } });
    const [view] = (await views()).slice(-1);
    // Opened again: a new page, and the view that was kept.
    await panel.close();
    panel = await open(jobState({ chartView: view }));
    expect(await shown()).toMatchObject({ x: [125, 375] });
    expect((await shown()).y[1]).toBe(3);
  });

  it('goes before the view that is kept with the job', async () => {
    panel = await open(jobState());
    await loss().locator('.chart').focus();
    await panel.page.keyboard.press('+');
    await panel.reload(jobState({ chartView: { x: { from: 1, to: 2 } } }));
    expect((await shown()).x).toEqual([125, 375]);
  });

  it('takes over what a page before the charts of families kept', async () => {
    panel = await open(jobState());
    await panel.page.evaluate(() => {
      const view = { measure: 'loss', smoothing: 0.5, x: { from: 100, to: 200 }, yMin: 0, yMax: 4, table: false };
      sessionStorage.setItem('state', JSON.stringify({ v: 1, panel: 'job', connectionName: 'x', jobId: 'y', view }));
    });
    await panel.reload(jobState());
    expect(await shown()).toMatchObject({ x: [100, 200], y: [0, 4], smoothing: 0.5 });
  });

  it('starts afresh from a state that is damaged', async () => {
    panel = await open(jobState());
    await panel.page.evaluate(() => {
      sessionStorage.setItem(
        'state',
        JSON.stringify({
          v: 1,
          panel: 'job',
          connectionName: 'x',
          jobId: 'y',
          view: { x: { from: 'a' }, smoothing: 7, yMin: {} },
        }),
      );
    });
    await panel.reload(jobState());
    expect(await shown()).toMatchObject({ x: [0, 500], smoothing: 0.9 });
    expect(panel.complaints).toEqual([]);
  });
});
