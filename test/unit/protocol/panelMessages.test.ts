import { describe, expect, it } from 'vitest';
import { parseFromPanel, parseToPanel } from '../../../src/protocol/panelMessages.ts';
import { jobState } from '../../support/webviewHarness/states.ts';

describe('messages to a panel', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', 'state'],
    ['an unknown type', { type: 'run' }],
    ['a state without its panel', { type: 'state', state: { ...jobState(), panel: undefined } }],
  ])('drops %s', (_, message) => {
    expect(parseToPanel(message)).toBeUndefined();
  });
});

describe('messages from a panel', () => {
  it('takes the first message of every page', () => {
    expect(parseFromPanel({ type: 'ready' })).toEqual({ type: 'ready' });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an unknown type', { type: 'executeCommand', command: 'x' }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });

  it('takes nothing along that is not in the contract', () => {
    expect(parseFromPanel({ type: 'ready', url: 'https://example.com' })).toEqual({ type: 'ready' });
  });
});
