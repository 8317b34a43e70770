import { describe, expect, it } from 'vitest';
import type { FromPanel, ToPanel } from '../../../src/protocol/panels.ts';
import { parseFromPanel, parseSavedPanel, parseToPanel } from '../../../src/protocol/panelSchemas.ts';
import { poorReport, reportState } from '../../support/webviewHarness/reportStates.ts';
import {
  evaluationState,
  jobState,
  matchState,
  metricPoint,
  tryDataset,
  tryResult,
  tryState,
} from '../../support/webviewHarness/states.ts';

const savedReport = { v: 1, panel: 'report', file: '/data/a.jsonl', against: null, view: {} };
const sampling = { temperature: 0, maxTokens: 16, seed: 42 };

describe('messages to a panel', () => {
  it.each<[string, ToPanel]>([
    ['a job', { type: 'state', state: jobState() }],
    ['a number run', { type: 'state', state: evaluationState(20) }],
    ['an exact-match run', { type: 'state', state: matchState(20) }],
    ['a question', { type: 'state', state: tryState({ dataset: tryDataset(3), result: tryResult }) }],
    ['a job patch', { type: 'jobPatch', patch: { fields: { step: 3 }, metrics: [metricPoint(3)], events: [] } }],
    ['an evaluation patch', { type: 'evaluationPatch', patch: { rows: [], notice: null } }],
    ['a report', { type: 'state', state: reportState(poorReport(20)) }],
    ['a report being read', { type: 'state', state: reportState(null) }],
    ['how far a report is', { type: 'reportProgress', fraction: 0.5 }],
    ['a row', { type: 'row', item: 0, messages: tryResult.sent, truth: '1', samples: [] }],
  ])('takes %s as it was sent', (_, message) => {
    // Messages travel as JSON.
    expect(parseToPanel(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', 'state'],
    ['an unknown type', { type: 'run' }],
    ['a state without its panel', { type: 'state', state: { ...jobState(), panel: undefined } }],
    [
      'a metric that is a string',
      { type: 'jobPatch', patch: { fields: {}, metrics: [{ ...metricPoint(1), trainLoss: '2' }], events: [] } },
    ],
    [
      'a field that is present but undefined',
      { type: 'jobPatch', patch: { fields: { title: undefined }, metrics: [], events: [] } },
    ],
    [
      'a tone we do not know',
      { type: 'jobPatch', patch: { fields: { headline: { tone: 'loud', text: '' } }, metrics: [], events: [] } },
    ],
    ['a negative item', { type: 'row', item: -1, messages: [], truth: '', samples: [] }],
  ])('drops %s', (_, message) => {
    expect(parseToPanel(message)).toBeUndefined();
  });
});

describe('messages from a panel', () => {
  it.each<[FromPanel]>([
    [{ type: 'ready' }],
    [{ type: 'showRow', item: 3 }],
    [{ type: 'showFigure', figure: 'tokens.bar.3' }],
    [{ type: 'compareReport', proposal: null }],
    [{ type: 'reportAction', action: 'fineTune' }],
    [{ type: 'askLine', line: 2, keepPrefix: true, sampling }],
    [{ type: 'askPrompt', system: '', prompt: 'How much?', prefix: '', sampling }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an unknown type', { type: 'executeCommand', command: 'x' }],
    ['an item that is no index', { type: 'openLine', item: 1.5 }],
    ['a figure without end', { type: 'showFigure', figure: 'x'.repeat(201) }],
    ['an action that is a command', { type: 'reportAction', action: 'workbench.action.terminal.new' }],
    ['a proposal that is a path', { type: 'compareReport', proposal: '/etc/passwd' }],
    ['an item that is a path', { type: 'openLine', item: '/etc/passwd' }],
    [
      'a temperature beyond the range',
      { type: 'askLine', line: 1, keepPrefix: true, sampling: { ...sampling, temperature: 9 } },
    ],
    ['a prompt without end', { type: 'askPrompt', system: '', prompt: 'x'.repeat(1_000_001), prefix: '', sampling }],
  ])('drops %s', (_, message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });

  it('takes nothing along that is not in the contract', () => {
    expect(parseFromPanel({ type: 'ready', url: 'https://example.com' })).toEqual({ type: 'ready' });
  });
});

describe('what a window kept', () => {
  it('finds the subject of a panel again', () => {
    const saved = { v: 1, panel: 'job', connectionName: 'Local', jobId: 'ftjob-1', view: { x: null } };
    expect(parseSavedPanel(saved)).toEqual(saved);
    expect(parseSavedPanel(savedReport)).toEqual(savedReport);
  });

  it.each([
    [undefined],
    [{ ...savedReport, file: 7 }],
    [{ ...savedReport, file: '' }],
    [{ v: 2, panel: 'job' }],
    [{ v: 1, panel: 'evaluation' }],
  ])('drops %j', (saved) => {
    expect(parseSavedPanel(saved)).toBeUndefined();
  });
});
