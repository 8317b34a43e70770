import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

describe('the charts of a job', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'shop.train.jsonl': toJsonl(priceRows(200, 1000)),
      'shop.val.jsonl': toJsonl(priceRows(40, 5000)),
    }),
  }));
  const charts = async () => {
    const panel = await window().editors.webview(/^shop$/);
    const loss = panel.getByRole('region', { name: 'Loss', exact: true });
    const chart = loss.locator('.chart');
    await chart.waitFor();
    const x = async (): Promise<readonly number[]> => [
      Number(await chart.getAttribute('data-x-min')),
      Number(await chart.getAttribute('data-x-max')),
    ];
    return { panel, loss, chart, x };
  };

  it('are zoomed by dragging, undone, given a y axis from 0 to 3, smoothed otherwise and drawn over a logarithmic x', async () => {
    await fineTune(window(), { file: 'shop.train.jsonl', epochs: '4', suffix: 'shop' });
    await window().notifications.press('shop was fine-tuned', 'Open Charts');
    const { panel, loss, chart, x } = await charts();
    await expect.poll(async () => Number(await chart.getAttribute('data-points'))).toBeGreaterThan(20);
    const whole = await x();

    const box = await chart.boundingBox();
    if (!box) throw new Error('The chart has no box.');
    const { mouse } = window().page;
    await mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.5, { steps: 5 });
    await mouse.up();
    await expect.poll(async () => (await x())[1]).toBeLessThan(whole[1] ?? 0);
    await panel.getByRole('button', { name: 'Undo Zoom' }).click();
    await expect.poll(x).toEqual(whole);

    await loss.getByLabel('Lowest y').fill('0');
    await loss.getByLabel('Highest y').fill('3');
    await loss.getByLabel('Highest y').press('Enter');
    await expect.poll(() => chart.getAttribute('data-y-max')).toBe('3');
    expect(await chart.getAttribute('data-y-min')).toBe('0');

    await loss.getByRole('button', { name: 'View' }).click();
    await loss.getByLabel('Smoothing', { exact: true }).selectOption('gaussian');
    await loss.getByRole('slider', { name: 'Gaussian smoothing' }).waitFor();

    await panel.getByRole('button', { name: 'X: step' }).click();
    await panel.getByText('Logarithmic').first().click();
    await panel.getByRole('button', { name: 'X: step, logarithmic' }).waitFor();
    await expect.poll(async () => (await x())[0]).toBeGreaterThan(0);
  });

  it('are found as they were after a reload of the window', async () => {
    // The state of the page itself: the view alone is also kept with the job.
    await window().persisted(/panel\W+job\W[^]*xScale\W+log/);
    await window().reload();
    const { panel, loss, chart, x } = await charts();
    await expect.poll(() => chart.getAttribute('data-y-max')).toBe('3');
    expect(await loss.getByLabel('Lowest y').inputValue()).toBe('0');
    await loss.getByRole('slider', { name: 'Gaussian smoothing' }).waitFor();
    await panel.getByRole('button', { name: 'X: step, logarithmic' }).waitFor();
    expect((await x())[0]).toBeGreaterThan(0);
  });

  it('are found as they were when the panel was closed and is opened again', async () => {
    await window().editors.close(/^shop$/);
    await window().sideBar.show('Tuning Fork');
    await window()
      .sideBar.view('Jobs')
      .choose(/^\s*shop/, 'Open Charts');
    const { loss, chart } = await charts();
    await expect.poll(() => chart.getAttribute('data-y-max')).toBe('3');
    await loss.getByRole('slider', { name: 'Gaussian smoothing' }).waitFor();
  });
});
