import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/base/random.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune, SUMMARY } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { shapedCurve } from '../support/webviewHarness/curveShapes.ts';

/** Questions whose answers nothing tells: more training only learns them by heart. */
function riddles(count: number, first: number): string {
  const random = createRandom(first);
  return toJsonl(
    priceRows(count, first).map((row) => ({ ...row, answer: ['cheap', 'fair', 'dear'][random.integer(3)] ?? '' })),
  );
}

function resultCsv(): string {
  const rows = shapedCurve('worse').map(
    ({ step, trainLoss, validLoss }) => `${step},${String(trainLoss)},,${String(validLoss)},`,
  );
  return ['step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy', ...rows, '601,oops,,,', ''].join('\n');
}

describe('curves', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'results.csv': resultCsv(),
      'encoded.csv': Buffer.from(resultCsv()).toString('base64'),
      'riddles.train.jsonl': riddles(60, 1000),
      'riddles.val.jsonl': riddles(40, 5000),
    }),
  }));

  it.each(['results.csv', 'encoded.csv'])(
    'of the result file %s open with their sentences and what could not be read',
    async (file) => {
      const { sideBar, editors } = window();
      await sideBar.show('Explorer');
      await sideBar.explorer.choose(file, 'Open as Loss Curve');
      const panel = await editors.webview(new RegExp(`^${file}$`));
      await panel.getByText(/^Clearly getting worse since step 2\d\d \(between \d+ and \d+; overfitting\)/).waitFor();
      await panel.getByRole('region', { name: 'Loss', exact: true }).locator('.chart').waitFor();
      await panel.getByText(`${file}: 1 place could not be read`).click();
      await panel.getByText('Line 602: “oops” in train_loss is no number.').waitFor();
    },
  );

  it('are there again after a reload of the window', async () => {
    await window().persisted(/panel\W+curve\W[^]*paths\W[^]*encoded\.csv/);
    await window().reload();
    const panel = await window().editors.webview(/^encoded\.csv$/);
    await panel.getByText(/^Clearly getting worse since step 2\d\d/).waitFor();
  });

  it('of a job open when it starts; it stops early by rule, and says why', async () => {
    const { quickInput, editors, sideBar } = window();
    await fineTune(window(), {
      file: 'riddles.train.jsonl',
      epochs: '40',
      suffix: 'riddles',
      atSummary: async () => {
        await quickInput.pick(/^\W*Stop early/);
        await quickInput.step('Stop the job early?');
        await quickInput.pick('When validation gets worse');
        await quickInput.step(SUMMARY);
      },
    });
    const panel = await editors.webview(/^riddles$/);
    await panel.getByText(/^Stopped early at step [\d,]+ of [\d,]+, since validation had been getting worse/).waitFor();
    await panel.getByText('succeeded', { exact: true }).waitFor();
    const list = await panel.locator('.verdict-list').innerText();
    expect(list).toContain('full validation loss');
    await sideBar.view('Jobs').shows(/riddles/);
  });
});
