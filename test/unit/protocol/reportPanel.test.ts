import { describe, expect, it } from 'vitest';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import type { FromReportPanel } from '../../../src/protocol/reportPanel.ts';
import {
  compared,
  poorReport,
  priceReport,
  reportState,
  tailedPrices,
} from '../../support/webviewHarness/reportStates.ts';

describe('messages to a report panel', () => {
  it.each<[string, ToPanel]>([
    ['a report', { type: 'state', state: reportState(poorReport(20), {}, compared()) }],
    ['a report of prices', { type: 'state', state: reportState(priceReport(tailedPrices(80))) }],
    ['a report being read', { type: 'state', state: reportState(null) }],
    ['how far a report is', { type: 'reportProgress', of: 'comparing', fraction: 0.5 }],
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
    [{ type: 'showFigure', figure: 'tokens.bar.3' }],
    [{ type: 'reportAction', action: 'fineTune' }],
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
