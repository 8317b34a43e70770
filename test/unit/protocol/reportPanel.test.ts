import { describe, expect, it } from 'vitest';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import type { FromReportPanel } from '../../../src/protocol/reportPanel.ts';
import { fallingPrices, modelPoints, moreDataState, pointsState } from '../../support/webviewHarness/moreDataStates.ts';
import {
  compared,
  poorReport,
  priceReport,
  reportState,
  suspicions,
  tailedPrices,
} from '../../support/webviewHarness/reportStates.ts';

describe('messages to a report panel', () => {
  it.each<[string, ToPanel]>([
    ['a report', { type: 'state', state: reportState(poorReport(20), {}, compared()) }],
    ['a report of prices', { type: 'state', state: reportState(priceReport(tailedPrices(80))) }],
    ['a report being read', { type: 'state', state: reportState(null) }],
    ['suspicious answers', { type: 'suspicious', suspicious: suspicions(8) }],
    [
      'an offer to look for them',
      { type: 'suspicious', suspicious: { state: 'unasked', text: 'Takes 9 s.', note: null } },
    ],
    ['how far they are', { type: 'suspicious', suspicious: { state: 'running', share: 0.1 } }],
    ['why nothing can be said', { type: 'suspicious', suspicious: { state: 'unjudged', text: 'Nothing.' } }],
    ['where to look', { type: 'showSuspicious' }],
    ['how far a report is', { type: 'reportProgress', of: 'comparing', fraction: 0.5 }],
    [
      'points of models beside a data curve',
      {
        type: 'state',
        state: reportState(null, {
          moreData: moreDataState({
            moreData: fallingPrices(),
            points: pointsState({ models: modelPoints('smol', 'large') }),
          }),
        }),
      },
    ],
    ['how far these are', { type: 'pointsProgress', progress: { text: 'training 1 of 3', fraction: 0.2 } }],
  ])('takes %s as it was sent', (_, message) => {
    // Messages travel as JSON.
    expect(parseToPanel(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });
});

describe('messages from a report panel', () => {
  it.each<[FromReportPanel]>([
    [{ type: 'refreshReport' }],
    [{ type: 'cancelReport' }],
    [{ type: 'compareReport' }],
    [{ type: 'compareAgain', place: 1 }],
    [{ type: 'stopComparing' }],
    [{ type: 'exportReport' }],
    [{ type: 'findSuspicious' }],
    [{ type: 'cancelSuspicious' }],
    [{ type: 'exportSuspicious' }],
    [{ type: 'showFigure', figure: 'tokens.bar.3' }],
    [{ type: 'reportAction', action: 'fineTune' }],
    [{ type: 'addModelPoints' }],
    [{ type: 'stopModelPoints' }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['a figure without end', { type: 'showFigure', figure: 'x'.repeat(201) }],
    ['an action that is a command', { type: 'reportAction', action: 'workbench.action.terminal.new' }],
    ['a place that is a path', { type: 'compareAgain', place: '/etc/passwd' }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });
});
