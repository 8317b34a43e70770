import { describe, expect, it } from 'vitest';
import { parseSavedPanel } from '../../../src/protocol/savedPanel.ts';

const savedReport = { v: 1, panel: 'report', file: '/data/a.jsonl', against: null, view: {} };

describe('what a window kept', () => {
  it('finds the subject of a panel again', () => {
    const saved = { v: 1, panel: 'job', connectionName: 'Local', jobId: 'ftjob-1', view: { x: null } };
    expect(parseSavedPanel(saved)).toEqual(saved);
    expect(parseSavedPanel({ ...saved, connectionId: 'local' })).toEqual({ ...saved, connectionId: 'local' });
    expect(parseSavedPanel(savedReport)).toEqual(savedReport);
    const table = { v: 1, panel: 'jobs', view: { text: 'a' } };
    expect(parseSavedPanel(table)).toEqual(table);
    const compared = { v: 1, panel: 'compare', jobs: [{ connectionId: 'c', jobId: 'j' }], view: null };
    expect(parseSavedPanel(compared)).toEqual(compared);
  });

  it.each([
    [undefined],
    [{ ...savedReport, file: 7 }],
    [{ v: 1, panel: 'try', connectionId: 7, connectionName: 'Local', model: 'm', view: {} }],
    [{ ...savedReport, file: '' }],
    [{ v: 2, panel: 'job' }],
    [{ v: 1, panel: 'compare', jobs: [], view: null }],
    [{ v: 1, panel: 'compare', jobs: [{ jobId: 7 }], view: null }],
    [{ v: 1, panel: 'evaluation' }],
  ])('drops %j', (saved) => {
    expect(parseSavedPanel(saved)).toBeUndefined();
  });
});
