import { describe, expect, it } from 'vitest';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import type { FromTryPanel } from '../../../src/protocol/tryPanel.ts';
import { tryDataset, tryResult, tryState } from '../../support/webviewHarness/states.ts';

const sampling = { temperature: 0, maxTokens: 16, seed: 42 };

describe('messages to a try panel', () => {
  it('takes a question as it was sent', () => {
    const message: ToPanel = { type: 'state', state: tryState({ dataset: tryDataset(3), result: tryResult }) };
    // Messages travel as JSON.
    expect(parseToPanel(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });
});

describe('messages from a try panel', () => {
  it.each<[FromTryPanel]>([
    [{ type: 'chooseDataset' }],
    [{ type: 'askLine', line: 2, keepPrefix: true, sampling }],
    [{ type: 'askPrompt', system: '', prompt: 'How much?', prefix: '', sampling }],
    [{ type: 'stopAsking' }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each<[string, unknown]>([
    [
      'a temperature beyond the range',
      { type: 'askLine', line: 1, keepPrefix: true, sampling: { ...sampling, temperature: 9 } },
    ],
    ['a prompt without end', { type: 'askPrompt', system: '', prompt: 'x'.repeat(1_000_001), prefix: '', sampling }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });
});
