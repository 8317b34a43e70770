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
    [
      'neighbors',
      {
        type: 'neighbors',
        item: 0,
        problem: null,
        neighbors: [{ line: 1, question: 'q', answer: 'a', similarity: 0.5 }],
      },
    ],
    ['another run', { type: 'guests', guests: { from: 'Nov 25', shared: 3, contestants: [], rows: [] } }],
    ['no other run', { type: 'guests', guests: null }],
    ['a wish for the report', { type: 'wantReport' }],
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
    [{ type: 'openTrainingLine', line: 3 }],
    [{ type: 'askAgain', item: 3, contestant: 'tuned' }],
    [{ type: 'openInTry', item: 3, contestant: 'tuned' }],
    [{ type: 'runAgain' }],
    [{ type: 'compareRuns' }],
    [{ type: 'dismissGuests' }],
    [{ type: 'exportRun' }],
    [{ type: 'report', markdown: '# x', pictures: [{ name: 'scatter.png', png: 'AA==' }] }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['an item that is no index', { type: 'openLine', item: 1.5 }],
    ['a picture that is a path', { type: 'report', markdown: '', pictures: [{ name: '../x.png', png: '' }] }],
    ['an item that is a path', { type: 'openLine', item: '/etc/passwd' }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });
});
