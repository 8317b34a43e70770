import { describe, expect, it } from 'vitest';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { tryDataset, tryResult, tryState } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const button = (name: string) => panel.page.getByRole('button', { name, exact: true });
const sampling = { temperature: 0, maxTokens: 16, seed: 42 };

describe('asking with a line of a dataset', () => {
  it('asks for a dataset first, then for a line', async () => {
    panel = await open(tryState());
    await expect.poll(() => button('Ask').isDisabled()).toBe(true);
    await button('Choose Dataset…').click();
    expect(await panel.posted()).toContainEqual({ type: 'chooseDataset' });
    await panel.send({ type: 'state', state: tryState({ dataset: tryDataset(2000, 25_000) }) });
    expect(await panel.page.getByText('prices.test.jsonl · first 2,000 of 25,000 lines').isVisible()).toBe(true);
    const grid = panel.page.getByRole('grid', { name: 'Lines of the dataset' });
    expect(await grid.locator('tr').count()).toBeLessThan(200);
    await grid.locator('tr[aria-rowindex="4"]').click();
    expect(await panel.page.getByText('line 3, its answer held back').isVisible()).toBe(true);
    await button('Ask').click();
    expect((await panel.posted()).at(-1)).toEqual({ type: 'askLine', line: 3, keepPrefix: true, sampling });
  });

  it('finds lines by their text and by their number', async () => {
    panel = await open(tryState({ dataset: tryDataset(70) }));
    const grid = panel.page.getByRole('grid', { name: 'Lines of the dataset' });
    const filter = panel.page.getByRole('textbox', { name: 'Filter lines' });
    await filter.fill('bookends');
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('11');
    await filter.fill('17');
    await expect.poll(() => grid.locator('tr[aria-rowindex="2"] td').first().textContent()).toBe('1');
    await filter.fill('nothing of the kind');
    expect(await panel.page.getByText('No line matches the filter.').isVisible()).toBe(true);
  });

  it('leaves the beginning of the answer out when told so', async () => {
    panel = await open(tryState({ dataset: tryDataset(5) }));
    await panel.page.locator('.rows tbody tr[aria-rowindex="2"]').click();
    await panel.page.getByRole('checkbox', { name: /Keep the beginning/ }).click();
    await button('Ask').click();
    expect((await panel.posted()).at(-1)).toEqual({ type: 'askLine', line: 1, keepPrefix: false, sampling });
  });

  it('begins with a chosen line, shows the truths, and goes on to the next line', async () => {
    panel = await open(tryState({ dataset: tryDataset(50) }));
    const grid = panel.page.getByRole('grid', { name: 'Lines of the dataset' });
    await expect.poll(() => grid.locator('tr[aria-selected="true"]').getAttribute('aria-rowindex')).toBe('2');
    expect(await grid.locator('tr[aria-rowindex="2"] td').last().textContent()).toBe('Price is $10.00');
    await button('Next Line').click();
    expect((await panel.posted()).at(-1)).toEqual({ type: 'askLine', line: 2, keepPrefix: true, sampling });
    await expect.poll(() => grid.locator('tr[aria-selected="true"]').getAttribute('aria-rowindex')).toBe('3');
  });

  it('takes over a line that was chosen elsewhere', async () => {
    const dataset = tryDataset(50);
    panel = await open(tryState({ dataset }));
    await panel.send({ type: 'state', state: tryState({ dataset: { ...dataset, chosen: 7 } }) });
    await expect.poll(() => panel.page.getByText('line 7, its answer held back').isVisible()).toBe(true);
  });

  it('offers no beginning of the answer where the file has none', async () => {
    panel = await open(tryState({ dataset: { ...tryDataset(5), prefix: null } }));
    expect(await panel.page.getByRole('checkbox').isVisible()).toBe(false);
  });

  it('chooses a line of another dataset that has none with its number', async () => {
    panel = await open(tryState({ dataset: tryDataset(50) }));
    await panel.page.locator('.rows tbody tr[aria-rowindex="15"]').click();
    await expect.poll(() => button('Ask').isEnabled()).toBe(true);
    await panel.send({ type: 'state', state: tryState({ dataset: tryDataset(5) }) });
    await expect.poll(() => panel.page.getByText('line 1, its answer held back').isVisible()).toBe(true);
  });
});

describe('asking with a typed prompt', () => {
  it('sends system, prompt, beginning and sampling as typed', async () => {
    panel = await open(tryState());
    await panel.page.getByText('Typed prompt').click();
    await expect.poll(() => button('Ask').isDisabled()).toBe(true);
    await panel.page.getByRole('textbox', { name: 'System message' }).fill('Be brief.');
    await panel.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('How much is a lamp?');
    await panel.page.getByRole('textbox', { name: 'Beginning of the answer' }).fill('Price is $');
    await panel.page.getByRole('textbox', { name: 'Temperature' }).fill('0.7');
    await panel.page.getByRole('textbox', { name: 'Maximum tokens' }).fill('5');
    await panel.page.getByRole('textbox', { name: 'Seed' }).fill('7');
    await panel.page.keyboard.press('Tab');
    await button('Ask').click();
    expect((await panel.posted()).at(-1)).toEqual({
      type: 'askPrompt',
      system: 'Be brief.',
      prompt: 'How much is a lamp?',
      prefix: 'Price is $',
      sampling: { temperature: 0.7, maxTokens: 5, seed: 7 },
    });
  });

  it.each([
    ['Temperature', '3', 'Temperature is a number from 0 to 2.'],
    ['Maximum tokens', '0', 'Maximum tokens is a whole number from 1 to 1,000,000.'],
    ['Seed', '1.5', 'Seed is a whole number.'],
  ])('says what is wrong with %s %s and does not ask', async (field, value, problem) => {
    panel = await open(tryState());
    await panel.page.getByText('Typed prompt').click();
    await panel.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('x');
    await panel.page.getByRole('textbox', { name: field }).fill(value);
    await panel.page.keyboard.press('Tab');
    expect(await panel.page.getByText(problem).isVisible()).toBe(true);
    await expect.poll(() => button('Ask').isDisabled()).toBe(true);
  });

  it('keeps what was typed over a reload', async () => {
    panel = await open(tryState());
    await panel.page.getByText('Typed prompt').click();
    await panel.page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('How much is a lamp?');
    await panel.reload(tryState());
    expect(await panel.page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue()).toBe(
      'How much is a lamp?',
    );
  });
});

describe('the reply', () => {
  it('is kept over a reload of the window, which the extension does not remember it over', async () => {
    panel = await open(tryState({ dataset: tryDataset(5), result: tryResult }));
    await panel.page.getByText('374.41').first().waitFor();
    await panel.reload(tryState({ dataset: tryDataset(5) }));
    expect(await panel.page.getByText('374.41').first().isVisible()).toBe(true);
  });

  it('stands with its number, the truth beside it, and what was sent', async () => {
    panel = await open(tryState({ dataset: tryDataset(5), result: tryResult }));
    const reply = panel.page.getByRole('region', { name: 'Reply' });
    expect(await reply.locator('dl').textContent()).toBe('number taken174.00truth374.41error200.41');
    expect(await reply.locator('.message').allTextContents()).toHaveLength(3);
    expect(await reply.locator('.message').last().textContent()).toBe('assistantPrice is $');
  });

  it('without a number says so', async () => {
    panel = await open(tryState({ result: { ...tryResult, reply: 'No idea.', number: null } }));
    expect(await panel.page.locator('dl').textContent()).toBe('number takennone in the replytruth374.41');
  });

  it('is awaited visibly and can be stopped', async () => {
    panel = await open(tryState({ busy: true }));
    expect(await panel.page.getByText('Asking the model…').isVisible()).toBe(true);
    await button('Stop').click();
    expect(await panel.posted()).toContainEqual({ type: 'stopAsking' });
  });

  it('that never came is a sentence and an action', async () => {
    panel = await open(
      tryState({ problem: { message: 'The model does not exist.', action: 'Wait a minute and ask again.' } }),
    );
    expect(await panel.page.locator('.headline.bad').textContent()).toBe(
      'The model does not exist. Wait a minute and ask again.',
    );
  });
});
