import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerEvaluation, fineTune } from '../support/e2e/mainJob.ts';
import { startGateProxy, type GateProxy } from '../support/gateProxy.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startServe, type Serve } from '../support/serve.ts';

const TEST_ROWS = 250;
const testRows = priceRows(TEST_ROWS, 8000);

/** The main job once more, on a server of its own process that was added by address and key, with a recorder in between. */
describe('the main job on a server added by address and key', () => {
  let serve: Serve;
  let proxy: GateProxy;
  const window = useWindow(async () => {
    serve = await startServe();
    proxy = await startGateProxy(serve.baseUrl);
    return {
      workspace: await temporaryWorkspace({
        'shop.train.jsonl': toJsonl(priceRows(200, 1000)),
        'shop.validation.jsonl': toJsonl(priceRows(40, 5000)),
        'shop.test.jsonl': toJsonl(testRows),
      }),
    };
  });
  afterAll(async () => {
    await proxy.stop();
    await serve.stop();
  });
  const jobs = () => window().sideBar.view('Jobs');
  const evaluations = () => window().sideBar.view('Evaluations');

  it('is refused with a wrong key, and works with the right one', async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: proxy.baseUrl, key: 'wrong-key-0123456789' });
    const refusal = await window().notifications.shown('Lab was saved but does not work yet');
    expect(refusal).toMatch(/key/i);
    expect(refusal).not.toContain('wrong-key');
    await window().notifications.press('Lab was saved', 'Set API Key…');
    await window().quickInput.step('API key of Lab');
    await window().quickInput.enter(serve.apiKey);
    await window().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    await jobs().shows('Lab');
  });

  it('trains there', async () => {
    await fineTune(window(), { file: 'shop.train.jsonl', connection: 'Lab', epochs: '3', suffix: 'there' });
    await window().notifications.shown('there was fine-tuned');
    await jobs().shows(/there\s*local-linear-1/);
    // Nothing of it ran on the embedded connection.
    expect((await jobs().texts()).join('\n')).toMatch(/Lab/);
  });

  it('shows the first row before the tenth reply', async () => {
    await jobs().choose(/^\s*there/, 'Evaluate Model…');
    await answerEvaluation(window(), { testFile: 'shop.test.jsonl' });
    const panel = await window().editors.webview('shop.test.jsonl');
    await expect.poll(() => proxy.chats.length).toBeGreaterThanOrEqual(8);
    proxy.letThrough(1);
    await panel
      .getByText('1 reply of 250')
      .or(panel.getByText(/1 of 250/))
      .first()
      .waitFor();
    expect(proxy.replied).toBeLessThan(10);
  });

  it('keeps the hundred rows it has when it is cancelled and the window reloaded', async () => {
    proxy.letThrough(99);
    const panel = await window().editors.webview('shop.test.jsonl');
    await panel
      .getByText(/100 of 250/)
      .first()
      .waitFor();
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await panel.getByRole('button', { name: /^Resume/ }).waitFor();
    await window().persisted('runId');
    await window().reload();
    await window().sideBar.show('Tuning Fork');
    await evaluations().shows(/canceled.*850\/1,?000 rows/);
    const again = await window().editors.webview('shop.test.jsonl');
    await again
      .getByText(/100 of 250/)
      .first()
      .waitFor();
  });

  it('asks only the missing ones when it is resumed', async () => {
    expect(proxy.replied).toBe(100);
    const panel = await window().editors.webview('shop.test.jsonl');
    await panel.getByRole('button', { name: /^Resume/ }).click();
    proxy.letThrough(1000);
    await panel.locator('.badge', { hasText: 'finished' }).waitFor();
    // Asked again: those under way when it was cancelled, which may have reached the server at any moment since.
    expect(proxy.chats.length - TEST_ROWS).toBeLessThanOrEqual(8);
  });

  it('never sends an answer along, and keeps the requests at once within bounds', () => {
    expect(proxy.mostAtOnce).toBeLessThanOrEqual(8);
    const bodies = proxy.chats.map((body) => JSON.parse(body) as { messages: { role: string; content: string }[] });
    expect(bodies.length).toBeGreaterThanOrEqual(TEST_ROWS);
    for (const { answer, question } of testRows) {
      const asked = bodies.filter((body) => body.messages.some((message) => message.content === question));
      expect(asked.length).toBeGreaterThan(0);
      const number = answer.replace('Price is $', '');
      for (const body of asked) {
        expect(JSON.stringify(body)).not.toContain(number);
        expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: 'Price is $' });
      }
    }
  });
});
