import { describe, expect, it } from 'vitest';
import { parseFromPanel, parseToPanel, type FromPanel, type ToPanel } from '../../../src/protocol/panelMessages.ts';
import { compareState, curvePatch, jobRowOf, jobsState } from '../../support/webviewHarness/jobsStates.ts';

const [compared] = compareState().jobs;
if (!compared) throw new Error('There are three.');
const row = jobRowOf(1);
const rows = (...wrong: readonly unknown[]): unknown => ({ type: 'jobRows', rows: wrong, removed: [] });

describe('messages to the Jobs table and to compared charts', () => {
  it.each<[string, ToPanel]>([
    ['a table', { type: 'state', state: jobsState() }],
    ['new rows', { type: 'jobRows', rows: [row], removed: ['openai ftjob-9'] }],
    ['compared jobs', { type: 'state', state: compareState() }],
    ['a curve', curvePatch(compared, 20)],
    ['facts', { ...curvePatch(compared, 2), facts: compared } as ToPanel],
    ['changes of the data', { type: 'compareChanges', changes: [{ job: 'a b', rows: null }] }],
  ])('take %s as it was sent', (_, message) => {
    expect(parseToPanel(structuredClone(message))).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['a row without values', rows({ ...row, values: undefined })],
    ['values that are a list', rows({ ...row, values: [] })],
    ['a value that is an object', rows({ ...row, values: { cost: {} } })],
    ['a star that is a text', rows({ ...row, starred: 'yes' })],
    ['automatic columns that are none', rows({ ...row, automatic: [1] })],
    ['rows that are no list', { type: 'jobRows', rows: {}, removed: [] }],
    ['no row', rows(null)],
    ['a curve of points', { type: 'comparePatch', job: 'a', facts: null, curve: [] }],
    [
      'a negative number of rows',
      { type: 'compareChanges', changes: [{ job: 'a', rows: { added: -1, removed: 0, kept: 0 } }] },
    ],
    [
      'a compared job without its row',
      { type: 'state', state: { ...compareState(), jobs: [{ ...compared, row: {} }] } },
    ],
  ])('drop %s', (_, message) => {
    expect(parseToPanel(message)).toBeUndefined();
  });
});

describe('messages of the Jobs table', () => {
  const job = { connectionId: 'c', jobId: 'j' };
  it.each<[FromPanel]>([
    [{ type: 'openJobRow', job }],
    [{ type: 'openJobRun', runId: 'r' }],
    [{ type: 'starJob', job, starred: true }],
    [{ type: 'compareJobCharts', jobs: [job] }],
    [{ type: 'exportJobs', data: 'id\r\n' }],
    [{ type: 'startJob' }],
  ])('take %j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each([
    [{ type: 'openJobRow', job: { jobId: 'j' } }],
    [{ type: 'openJobRow', job: { connectionId: 'c', jobId: 'x'.repeat(1001) } }],
    [{ type: 'starJob', job }],
    [{ type: 'compareJobCharts', jobs: Array.from({ length: 1001 }, () => job) }],
    [{ type: 'exportJobs', data: 7 }],
  ])('drop %j', (message) => {
    expect(parseFromPanel(message)).toBeUndefined();
  });
});
