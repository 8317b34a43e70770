import { describe, expect, it } from 'vitest';
import type { FromEvaluationPanel } from '../../../src/protocol/evaluationPanel.ts';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import { evaluationState, matchState, tryResult } from '../../support/webviewHarness/states.ts';

describe('messages to an evaluation panel', () => {
  it.each<[string, ToPanel]>([
    ['a number run', { type: 'state', state: evaluationState(20) }],
    ['an exact-match run', { type: 'state', state: matchState(20) }],
    ['an evaluation patch', { type: 'evaluationPatch', patch: { rows: [], notice: null } }],
    ['a row', { type: 'row', item: 0, messages: tryResult.sent, truth: '1', samples: [] }],
  ])('takes %s as it was sent', (_, message) => {
    // Messages travel as JSON.
    expect(parseToPanel(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it('drops a negative item', () => {
    expect(parseToPanel({ type: 'row', item: -1, messages: [], truth: '', samples: [] })).toBeUndefined();
  });
});

describe('messages from an evaluation panel', () => {
  it.each<[FromEvaluationPanel]>([
    [{ type: 'cancelRun' }],
    [{ type: 'resumeRun' }],
    [{ type: 'showRow', item: 3 }],
    [{ type: 'openLine', item: 3 }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['an item that is no index', { type: 'openLine', item: 1.5 }],
    ['an item that is a path', { type: 'openLine', item: '/etc/passwd' }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });
});
