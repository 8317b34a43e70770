import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { answerEvaluation, fineTune } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const TEST_ROWS = 60;

describe('the main job on this machine', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'shop.train.jsonl': toJsonl(priceRows(200, 1000)),
      'shop.val.jsonl': toJsonl(priceRows(40, 5000)),
      'shop.test.jsonl': toJsonl(priceRows(TEST_ROWS, 8000)),
    }),
  }));
  const jobs = () => window().sideBar.view('Jobs');
  const evaluations = () => window().sideBar.view('Evaluations');

  it('is started with a right-click, and says before what it will do and cost', async () => {
    await fineTune(window(), {
      file: 'shop.train.jsonl',
      epochs: '4',
      suffix: 'shop',
      atSummary: async () => {
        const lines = (await window().quickInput.texts()).join('\n');
        expect(lines).toMatch(/Training file[\s\S]*shop\.train\.jsonl, 200 examples/);
        // The sibling with "val" as a word of its name was proposed.
        expect(lines).toMatch(/Validation[\s\S]*shop\.val\.jsonl, 40 examples · no row also in training/);
        expect(lines).toMatch(/Free: [\d,]+ tokens/);
        expect(lines).toMatch(/Seed[\s\S]*42/);
      },
    });
    await jobs().shows('shop');
  });

  it('tells once when the job has ended, with three things to do', async () => {
    const text = await window().notifications.shown('shop was fine-tuned');
    expect(text).toMatch(/ft:local-linear-1:[^:]+:shop:\w+/);
    for (const title of ['Open Charts', 'Evaluate', 'Copy Model Name']) {
      await window()
        .notifications.with('shop was fine-tuned')
        .getByRole('button', { name: title, exact: true })
        .waitFor();
    }
  });

  it('shows its events, checkpoints, files and the parts of the model name in the tree', async () => {
    const tree = jobs();
    await tree.expand('shop');
    await tree.shows('Checkpoints');
    await tree.expand('Fine-tuned model');
    await tree.shows(/Base\s*local-linear-1/);
    await tree.shows(/Organization\s*local/);
    await tree.shows(/Suffix\s*shop/);
    await tree.expand('Files');
    await tree.select(/^\s*Results/);
    await window().editors.show('results.csv');
    await window()
      .editors.text.locator('.view-lines')
      .filter({ hasText: /step,train_loss/ })
      .waitFor();
    await window().editors.close('results.csv');
    await tree.expand('Events');
    await tree.shows('The job has successfully completed');
  });

  it('copies the model name and code that asks it', async () => {
    await jobs().choose(/^\s*shop/, 'Copy Model Name');
    await expect.poll(() => window().clipboard()).toMatch(/^ft:local-linear-1:/);
    await jobs().choose(/^\s*shop/, 'Copy Model Request as Python');
    await expect.poll(() => window().clipboard()).toMatch(/model="ft:local-linear-1:/);
    // Where the server is, and its token, are read when the code runs.
    expect(await window().clipboard()).toMatch(/server\.json"/);
  });

  it('draws the loss curves, with a typed y range, zoom by dragging and smoothing', async () => {
    await window().notifications.press('shop was fine-tuned', 'Open Charts');
    const panel = await window().editors.webview('shop');
    const chart = panel.locator('[data-points]').first();
    await chart.waitFor();
    // 4 epochs of 200 examples: whatever the batch size, the last step is on the axis.
    await expect.poll(async () => Number(await chart.getAttribute('data-points'))).toBeGreaterThan(4);
    await panel.getByText('full validation loss').first().waitFor();

    const highest = panel.getByRole('region', { name: 'Loss', exact: true }).getByLabel('Highest y');
    await highest.fill('3');
    await highest.press('Enter');
    await expect.poll(() => chart.getAttribute('data-y-max')).toBe('3');

    const whole = Number(await chart.getAttribute('data-x-max'));
    const box = await chart.boundingBox();
    if (!box) throw new Error('The chart has no box.');
    const { mouse } = window().page;
    await mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 5 });
    await mouse.up();
    await expect.poll(async () => Number(await chart.getAttribute('data-x-max'))).toBeLessThan(whole);
    await mouse.dblclick(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await expect.poll(async () => Number(await chart.getAttribute('data-x-max'))).toBe(whole);
  });

  it('asks one line with its answer held back and shows the truth beside the reply', async () => {
    await jobs().choose(/^\s*shop/, 'Try Model…');
    const panel = await window().editors.webview(/^Try/);
    await panel
      .getByRole('button', { name: /dataset/i })
      .first()
      .click();
    await window().quickInput.pick('shop.test.jsonl');
    await panel.getByText('article 8000').first().click();
    await panel.getByRole('button', { name: 'Ask', exact: true }).click();
    await panel.getByText('Price is $').first().waitFor();
    await panel
      .getByRole('heading', { name: /reply|answer/i })
      .first()
      .waitFor();
  });

  it('evaluates every row of a test file and keeps the run', async () => {
    await jobs().choose(/^\s*shop/, 'Evaluate Model…');
    await answerEvaluation(window(), {
      atSummary: async () => {
        const lines = (await window().quickInput.texts()).join('\n');
        expect(lines).toMatch(/Contestants[\s\S]*shop and free floors/);
        // The untrained base cannot answer, so it does not take part.
        expect(lines).not.toContain('local-linear-1 base');
        expect(lines).toMatch(/Sampling[\s\S]*temperature 0/);
      },
    });
    const panel = await window().editors.webview('shop.test.jsonl');
    await panel.getByText('constant median').first().waitFor();
    const rows = panel.getByRole('region', { name: 'Rows' });
    await rows
      .getByText(/article 80\d\d/)
      .first()
      .waitFor();
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    // Learnt something: the panel's own sentence names both errors, and the model's is the smaller one.
    const table = panel.getByRole('table').first();
    // The figure, above its interval.
    const error = async (name: string): Promise<number> =>
      Number.parseFloat(await table.getByRole('row').filter({ hasText: name }).getByRole('cell').nth(0).innerText());
    expect(await error('shop')).toBeLessThan(await error('constant median'));
    await panel
      .locator('.headline')
      .first()
      .filter({ hasText: /shop is (better|not shown to be better).* than constant median: mean error/ })
      .waitFor();
    await evaluations().shows(/^\s*shop\s*mean error [\d.]+ · .*constant median/);
  });

  it('shows the rows that were selected in the picture, and opens one beside the table', async () => {
    const panel = await window().editors.webview('shop.test.jsonl');
    const grid = panel.getByRole('grid', { name: 'Rows' });
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(TEST_ROWS + 1));
    const chart = panel.locator('.scatter');
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    if (!box) throw new Error('The chart has no box.');
    const { mouse } = window().page;
    await mouse.move(box.x + box.width * 0.15, box.y + box.height * 0.02);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.9, { steps: 5 });
    await mouse.up();
    const chip = panel.getByText(/^\d+ rows? (is|are) selected in the picture\.$/);
    await chip.waitFor();
    const selected = Number.parseInt(await chip.innerText(), 10);
    expect(selected).toBeLessThan(TEST_ROWS);
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(selected + 1));
    await panel.getByRole('button', { name: 'Show All' }).click();

    await grid
      .getByText(/article 80\d\d/)
      .first()
      .click();
    const row = panel.getByRole('region', { name: 'Row', exact: true });
    await row.getByText('Price is $').first().waitFor();
    // The training file is at hand: did the model ever see this?
    await row.getByRole('table', { name: 'Nearest training examples' }).getByText('Price is $').first().waitFor();
    await row.getByRole('button', { name: 'Ask Again' }).first().click();
    await row.getByText('Asked again; not counted').waitFor();
    await window().page.keyboard.press('Escape');
    await row.waitFor({ state: 'hidden' });
  });

  it('keeps the names of the contestants in one piece in a narrow panel', async () => {
    const { page } = window();
    const size = page.viewportSize() ?? { width: 1280, height: 800 };
    const panel = await window().editors.webview('shop.test.jsonl');
    // The sidebar keeps its width: what is left is a panel of about 700 px.
    await page.setViewportSize({ width: 1060, height: size.height });
    const body = panel.locator('body');
    await expect.poll(() => body.evaluate((element) => element.clientWidth)).toBeLessThan(800);
    const name = panel.locator('.contestants th.name').nth(1);
    expect((await name.boundingBox())?.width).toBeGreaterThanOrEqual(170);
    expect(await body.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
    await page.setViewportSize(size);
  });

  it('warns in red when the model is asked what it was trained on', async () => {
    const sentence = "200 of 200 items are in the model's training file";
    await jobs().choose(/^\s*shop/, 'Evaluate Model…');
    await answerEvaluation(window(), {
      testFile: 'shop.train.jsonl',
      trainedOn: true,
      atSummary: async () => {
        expect((await window().quickInput.texts()).join('\n')).toContain(sentence);
      },
    });
    const panel = await window().editors.webview('shop.train.jsonl');
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    const warning = panel.getByRole('alert').filter({ hasText: sentence });
    await warning.waitFor();
    const [red, colour] = await warning.evaluate((element) => {
      const probe = document.createElement('p');
      probe.style.color = 'var(--vscode-errorForeground)';
      document.body.append(probe);
      return [getComputedStyle(probe).color, getComputedStyle(element).color];
    });
    expect(colour).toBe(red);
    expect(await panel.locator('.headline').first().innerText()).toContain(sentence);
  });

  it('shows the job, its curves and the run whole after the window was reloaded', async () => {
    await window().persisted('runId');
    await window().reload();
    await window().sideBar.show('Tuning Fork');
    await jobs().shows(/shop.*local-linear-1/);
    await evaluations().shows(/^\s*shop/);
    const chart = (await window().editors.webview(/^shop$/)).locator('[data-points]').first();
    await expect.poll(async () => Number(await chart.getAttribute('data-points'))).toBeGreaterThan(4);
    const run = await window().editors.webview('shop.test.jsonl');
    await run.getByText('constant median').first().waitFor();
    expect(window().pageErrors).toEqual([]);
  });
});
