import { describe, expect, it } from 'vitest';
import type { FromPanel } from '../../../../src/protocol/panelMessages.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import {
  fallingPrices,
  modelPoints,
  moreDataState,
  pointsState,
  unfitAnswers,
} from '../../../support/webviewHarness/moreDataStates.ts';
import { reportState } from '../../../support/webviewHarness/reportStates.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const section = () => panel.page.getByRole('region', { name: 'Would more data help?' });
const button = (name: string) => section().getByRole('button', { name, exact: true });
const last = async (): Promise<FromPanel | undefined> => (await panel.posted()).at(-1);

describe('whether more data would help, in the report', () => {
  it('is measured when it is asked for, can be canceled, and asked for again', async () => {
    panel = await open(reportState(undefined, { moreData: moreDataState({ seconds: 90 }) }));
    expect(await section().getByText('This takes about 2 min.').isVisible()).toBe(true);
    expect(await section().getByRole('table').count()).toBe(0);
    expect((await panel.posted()).map(({ type }) => type)).not.toContain('measureMoreData');
    await button('Measure').click();
    expect(await last()).toEqual({ type: 'measureMoreData' });
    await panel.send({
      type: 'state',
      state: reportState(undefined, { moreData: moreDataState({ status: 'measuring' }) }),
    });
    await panel.send({ type: 'reportProgress', of: 'moreData', fraction: 0.31 });
    expect(await section().getByText('training on parts of the rows, 31%').isVisible()).toBe(true);
    await button('Cancel').click();
    expect(await last()).toEqual({ type: 'stopMoreData' });
    await panel.send({
      type: 'state',
      state: reportState(undefined, { moreData: moreDataState({ status: 'canceled' }) }),
    });
    expect(await section().getByText('The measurement was canceled.').isVisible()).toBe(true);
    await button('Measure Again').click();
    expect(await last()).toEqual({ type: 'measureMoreData' });
  });

  it('is a sentence, a curve with its table, and what the curve is of', async () => {
    const moreData = fallingPrices();
    panel = await open(reportState(undefined, { moreData: moreDataState({ moreData }) }));
    await section()
      .getByText(/^Doubling the data would lower the error from .* to about .*\.$/)
      .waitFor();
    await section().locator('[data-points="5"]').waitFor();
    const rows = section().getByRole('table', { name: 'Error by rows trained on' }).getByRole('row');
    expect(await rows.count()).toBe(7);
    expect(await rows.nth(5).textContent()).toMatch(/^320\d+\.\d\d\d+\.\d\d to \d+\.\d\d$/);
    expect(await rows.nth(6).textContent()).toMatch(/^640 expected\d+\.\d\d\d+\.\d\d to \d+\.\d\d$/);
    expect(
      await section()
        .getByText(/^This is the curve of the linear baseline/)
        .isVisible(),
    ).toBe(true);
    // The keyboard goes through the points, the expected one last.
    const chart = section().getByRole('application', { name: /^Error by rows trained on: .* at 40, .* at 320/ });
    await chart.focus();
    await panel.page.keyboard.press('ArrowRight');
    const tip = chart.getByRole('status');
    expect(await tip.textContent()).toMatch(/^40 rows trained on\nmeasured: \d+\.\d\d\n90 % interval: /);
    for (let step = 0; step < 5; step += 1) await panel.page.keyboard.press('ArrowRight');
    expect(await tip.textContent()).toMatch(/^640 rows trained on\nexpected: /);
  });

  it('lists the hardest rows, which lead to their lines and those of similar rows', async () => {
    panel = await open(reportState(undefined, { moreData: moreDataState({ moreData: fallingPrices() }) }));
    const table = section().getByRole('table', { name: 'Hardest rows' });
    const row = table.getByRole('row').nth(2);
    expect(await row.textContent()).toMatch(/^48Stainless steel .*Price is \$879\.00Price is \$44\.90834\.10/);
    await row.getByRole('button', { name: '48', exact: true }).click();
    expect(await last()).toEqual({ type: 'showHardRow', row: 1, near: null });
    await row.getByRole('button', { name: '15', exact: true }).click();
    expect(await last()).toEqual({ type: 'showHardRow', row: 1, near: 1 });
  });

  it('is nothing where nothing can be said, and nothing is drawn then', async () => {
    panel = await open(reportState(undefined, { moreData: moreDataState({ moreData: unfitAnswers() }) }));
    expect(
      await section()
        .getByText(/^Nothing can be said about more data: /)
        .isVisible(),
    ).toBe(true);
    expect(await section().getByRole('table').count()).toBe(0);
    expect(await section().locator('canvas').isVisible()).toBe(false);
    await panel.send({ type: 'state', state: reportState(undefined, { moreData: moreDataState({ seconds: null }) }) });
    expect(await section().count()).toBe(0);
  });

  it('tells why it could not be measured', async () => {
    const problem = { message: 'The file a.jsonl does not exist.', action: 'Choose another file.' };
    panel = await open(reportState(undefined, { moreData: moreDataState({ status: 'failed', problem }) }));
    expect(await section().getByRole('alert').textContent()).toBe(
      'The file a.jsonl does not exist. Choose another file.',
    );
  });

  it('offers points of an open-weights model beside a curve, tells how far they are, and can be canceled', async () => {
    const add = 'Add Points of an Open-Weights Model…';
    panel = await open(reportState(undefined, { moreData: moreDataState() }));
    expect(await button(add).count()).toBe(0);
    const state = (points: Parameters<typeof pointsState>[0]) =>
      ({
        type: 'state',
        state: reportState(undefined, {
          moreData: moreDataState({ moreData: fallingPrices(), points: pointsState(points) }),
        }),
      }) as const;
    await panel.send(state({}));
    expect(await button('Measure Again').isVisible()).toBe(true);
    await button(add).click();
    expect(await last()).toEqual({ type: 'addModelPoints' });
    await panel.send(state({ status: 'measuring' }));
    await panel.send({
      type: 'pointsProgress',
      progress: { text: 'training 2 of 3, on 50 % of the rows', fraction: 0.3 },
    });
    expect(await section().getByText('training 2 of 3, on 50 % of the rows').isVisible()).toBe(true);
    expect(
      await section().getByRole('progressbar', { name: 'Measuring points of a model' }).getAttribute('value'),
    ).toBe('0.3');
    // One model at a time, and measuring the curve again would end it.
    expect(await button(add).count()).toBe(0);
    expect(await button('Measure Again').count()).toBe(0);
    await button('Cancel').click();
    expect(await last()).toEqual({ type: 'stopModelPoints' });
    await panel.send(state({ status: 'canceled' }));
    expect(await section().getByText('Measuring the points was canceled.').isVisible()).toBe(true);
    const problem = { message: 'Fine-tuning goods 50 % failed.', action: 'Look at the job.' };
    await panel.send(state({ status: 'failed', problem }));
    expect(await section().getByRole('alert').textContent()).toBe('Fine-tuning goods 50 % failed. Look at the job.');
    expect(await button(add).isVisible()).toBe(true);
  });

  it('draws points of models beside the curve, with their rows in the table and in the reach of the keys', async () => {
    const models = modelPoints('smol', 'large');
    const moreData = fallingPrices();
    panel = await open(reportState(undefined, { moreData: moreDataState({ moreData }) }));
    await section().locator('[data-points="5"][data-model-points="0"]').waitFor();
    const colors = async (): Promise<{ readonly purple: number; readonly green: number }> =>
      section()
        .locator('canvas')
        .evaluate((canvas: HTMLCanvasElement) => {
          const style = getComputedStyle(document.body);
          const probe = document.createElement('canvas').getContext('2d');
          const rgb = (name: string): readonly number[] => {
            if (probe === null) return [];
            probe.fillStyle = style.getPropertyValue(name).trim();
            probe.fillRect(0, 0, 1, 1);
            return [...probe.getImageData(0, 0, 1, 1).data];
          };
          const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
          const pixels = (name: string): number => {
            const [red, green, blue] = rgb(name);
            let found = 0;
            for (let at = 0; at < data.length; at += 4)
              if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found += 1;
            return found;
          };
          return { purple: pixels('--tf-purple'), green: pixels('--tf-green') };
        });
    expect(await colors()).toEqual({ purple: 0, green: 0 });
    await panel.send({
      type: 'state',
      state: reportState(undefined, { moreData: moreDataState({ moreData, points: pointsState({ models }) }) }),
    });
    await section().locator('[data-model-points="6"]').waitFor();
    // Whiskers alone are 226 and 119 pixels.
    const { purple, green } = await colors();
    expect([purple > 280, green > 160]).toEqual([true, true]);
    const rows = section().getByRole('table', { name: 'Error by rows trained on' }).getByRole('row');
    expect(await rows.count()).toBe(13);
    expect(await rows.nth(7).textContent()).toMatch(/^80 ■ smol62\.36.*53\.36 to 73\.36$/);
    expect(await rows.nth(12).textContent()).toMatch(/^320 ▲ large/);
    expect(
      await section()
        .getByText(
          /smol is another model, trained once on each part of the rows and tested on 80 rows .*Nothing is fitted/,
        )
        .isVisible(),
    ).toBe(true);
    const chart = section().getByRole('application', {
      name: /The points of smol and large come after those of the curve\.$/,
    });
    await chart.focus();
    for (let step = 0; step < 7; step += 1) await panel.page.keyboard.press('ArrowRight');
    expect(await chart.getByRole('status').textContent()).toBe(
      'smol\n80 rows trained on\nmeasured: 62.36\n90 % interval: 53.36 to 73.36',
    );
    // The mouse finds the points of a model beside those of the curve, by their place.
    const ring = await chart.locator('.ring').boundingBox();
    await panel.page.mouse.move((ring?.x ?? 0) + (ring?.width ?? 0) / 2, (ring?.y ?? 0) + (ring?.height ?? 0) / 2);
    expect(await chart.getByRole('status').textContent()).toMatch(/^smol\n80 rows/);
  });
});
