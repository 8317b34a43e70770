import { describe, expect, it } from 'vitest';
import type { FromJobPanel } from '../../../src/protocol/jobPanel.ts';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import { jobState, metricPoint } from '../../support/webviewHarness/states.ts';

describe('messages to a job panel', () => {
  it.each<[string, ToPanel]>([
    ['a job', { type: 'state', state: jobState() }],
    ['a job patch', { type: 'jobPatch', patch: { fields: { step: 3 }, metrics: [metricPoint(3)], events: [] } }],
  ])('takes %s as it was sent', (_, message) => {
    // Messages travel as JSON.
    expect(parseToPanel(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each<[string, unknown]>([
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
  ])('drops %s', (_, message) => {
    expect(parseToPanel(message)).toBeUndefined();
  });
});

describe('messages from a job panel', () => {
  it.each<[FromJobPanel]>([
    [{ type: 'copyModelName' }],
    [{ type: 'cancelJob' }],
    [{ type: 'evaluateJob' }],
    [{ type: 'tryJob' }],
    [{ type: 'openFailedLine' }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });
});
