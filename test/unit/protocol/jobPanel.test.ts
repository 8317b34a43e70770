import { describe, expect, it } from 'vitest';
import { NO_TABLE, tableOfPoints } from '../../../src/core/training/curves/pointTable.ts';
import type { FromJobPanel } from '../../../src/protocol/jobPanel.ts';
import { parseFromPanel, parseToPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import { jobState, metricPoint } from '../../support/webviewHarness/states.ts';

const table = tableOfPoints([metricPoint(1, { trainLoss: 2 }), metricPoint(2, { trainLoss: 1 })]);

function patchOf(curve: unknown): unknown {
  return { type: 'jobPatch', patch: { fields: {}, curve, events: [] } };
}

function seriesOf(series: object): unknown {
  return patchOf({ ...table, series: [{ name: 'train_loss', ...series }] });
}

describe('messages to a job panel', () => {
  it.each<[string, ToPanel]>([
    ['a job', { type: 'state', state: jobState() }],
    [
      'a job with the view of its charts',
      { type: 'state', state: jobState({ chartView: { x: null }, unconditional: { role: 'valid', loss: 2.94 } }) },
    ],
    [
      'a job patch',
      { type: 'jobPatch', patch: { fields: { step: 3 }, curve: tableOfPoints([metricPoint(3)]), events: [] } },
    ],
  ])('takes %s as it was sent', (_, message) => {
    // Messages travel as JSON with buffers beside it, which come out as copies.
    expect(parseToPanel(structuredClone(message))).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['points as objects', patchOf([metricPoint(1, { trainLoss: 2 })])],
    ['steps that are no column', patchOf({ ...table, steps: [1, 2] })],
    ['steps that do not ascend', patchOf({ ...table, steps: Float64Array.of(2, 2) })],
    ['a step that is no number', patchOf({ ...table, steps: Float64Array.of(1, Number.NaN) })],
    ['times of other rows', patchOf({ ...table, times: Uint32Array.of(1) })],
    ['more values than rows', seriesOf({ rows: null, values: Float64Array.of(1, 2, 3) })],
    ['a value that is no number', seriesOf({ rows: null, values: Float64Array.of(1, Infinity) })],
    ['rows of other values', seriesOf({ rows: Uint32Array.of(0, 1), values: Float64Array.of(1) })],
    ['a row that is not there', seriesOf({ rows: Uint32Array.of(2), values: Float64Array.of(1) })],
    ['rows that do not ascend', seriesOf({ rows: Uint32Array.of(1, 0), values: Float64Array.of(1, 2) })],
    [
      'a field that is present but undefined',
      { type: 'jobPatch', patch: { fields: { title: undefined }, curve: NO_TABLE, events: [] } },
    ],
    [
      'a tone we do not know',
      { type: 'jobPatch', patch: { fields: { headline: { tone: 'loud', text: '' } }, curve: NO_TABLE, events: [] } },
    ],
  ])('drops %s', (_, message) => {
    expect(parseToPanel(message)).toBeUndefined();
  });
});

describe('messages from a job panel', () => {
  it.each<[FromJobPanel]>([
    [{ type: 'copyModelName' }],
    [{ type: 'exportCharts', format: 'csv', data: 'step\r\n' }],
    [{ type: 'chartView', view: { x: null } }],
    [{ type: 'cancelJob' }],
    [{ type: 'evaluateJob' }],
    [{ type: 'tryJob' }],
    [{ type: 'openFailedLine' }],
  ])('takes %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });
});
