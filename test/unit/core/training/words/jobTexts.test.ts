import { describe, expect, it } from 'vitest';
import { dayAndTime } from '../../../../../src/core/base/times.ts';
import { eventLog } from '../../../../../src/core/training/words/eventLog.ts';
import { filterInWords, isFiltered, matchesFilter, NO_FILTER } from '../../../../../src/core/training/jobFilter.ts';
import { jobHeadline } from '../../../../../src/core/training/words/describe.ts';
import { wandbRunUrl } from '../../../../../src/core/training/wandbUrl.ts';
import type { JobEvent } from '../../../../../src/core/training/job.ts';
import { aHistory, aJob, aMetric, anEvent } from '../../../../support/jobBuilders.ts';

/** Log of events given newest first. */
function logOf(events: readonly JobEvent[]) {
  return eventLog(aHistory({ events }).events);
}

describe('the event log', () => {
  it('is empty without events', () => {
    expect(logOf([])).toEqual({ text: '', epochs: [] });
  });

  it('has one line an event, oldest first, with time and level', () => {
    const { text } = logOf([
      anEvent({ id: 'b', createdAt: 1_700_000_001, message: 'second', level: 'warn' }),
      anEvent({ id: 'a', createdAt: 1_700_000_000, message: 'first' }),
    ]);
    expect(text).toBe(`${dayAndTime(1_700_000_000)} [info] first\n${dayAndTime(1_700_000_001)} [warning] second\n`);
  });

  it('keeps hostile text on its line', () => {
    const { text } = logOf([anEvent({ message: 'one\ntwo\u202e\u0007three', level: 'in\nfo' })]);
    expect(text.split('\n')).toEqual([`${dayAndTime(1_700_000_000)} [in fo] one two three`, '']);
    expect(logOf([anEvent({ createdAt: 1e300 })]).text).toBe('- [info] A message.\n');
  });

  it('knows where each epoch began and ended', () => {
    const step = (id: string, full: number | null) =>
      anEvent({ id, metrics: aMetric({ step: 1, trainLoss: 1, fullValidLoss: full }) });
    const { epochs } = logOf(
      [
        anEvent({ id: 'start' }),
        step('1', null),
        step('2', 0.5),
        step('3', null),
        anEvent({ id: 'note' }),
        step('4', 0.4),
        step('5', null),
      ].reverse(),
    );
    expect(epochs).toEqual([
      { start: 1, end: 2 },
      { start: 3, end: 5 },
    ]);
  });
});

describe('the filter of the jobs', () => {
  const local = { name: null, hidden: false };
  const job = aJob({ id: 'ftjob-Ab1', suffix: 'pricer', status: 'failed', metadata: { team: 'Goods' } });

  it('shows everything but hidden jobs at first', () => {
    expect(isFiltered(NO_FILTER)).toBe(false);
    expect(filterInWords(NO_FILTER)).toBe('');
    expect(matchesFilter(job, local, NO_FILTER)).toBe(true);
    expect(matchesFilter(job, { ...local, hidden: true }, NO_FILTER)).toBe(false);
    expect(matchesFilter(job, { ...local, hidden: true }, { ...NO_FILTER, withHidden: true })).toBe(true);
  });

  it('goes by status, also by one that nobody knows', () => {
    expect(matchesFilter(job, local, { ...NO_FILTER, statuses: ['failed'] })).toBe(true);
    expect(matchesFilter(job, local, { ...NO_FILTER, statuses: ['succeeded'] })).toBe(false);
    expect(matchesFilter({ ...job, status: 'resting' }, local, { ...NO_FILTER, statuses: ['resting'] })).toBe(true);
  });

  it('wants every word somewhere', () => {
    const find = (text: string) => matchesFilter(job, local, { ...NO_FILTER, text });
    expect(find('PRICER')).toBe(true);
    expect(find('ab1 goods')).toBe(true);
    expect(find('pricer other')).toBe(false);
    expect(matchesFilter(job, { ...local, name: 'Mine' }, { ...NO_FILTER, text: 'mine' })).toBe(true);
  });

  it('says what is filtered', () => {
    const filter = { ...NO_FILTER, statuses: ['failed', 'paused'], text: 'pri\ncer' };
    expect(isFiltered(filter)).toBe(true);
    expect(filterInWords(filter)).toBe('failed, paused · "pri cer"');
  });
});

describe('the run at Weights & Biases', () => {
  const wandb = { project: 'gpt-pricer', entity: 'acme', name: null, tags: [] };

  it('is the link that an event names', () => {
    const event = anEvent({ message: 'W&B run: https://wandb.ai/acme/gpt-pricer/runs/ftjob-1 (syncing)' });
    expect(wandbRunUrl(aJob(), { messages: [event] })).toBe('https://wandb.ai/acme/gpt-pricer/runs/ftjob-1');
  });

  it('is made of team, project and job otherwise', () => {
    expect(wandbRunUrl(aJob({ wandb }), { messages: [] })).toBe('https://wandb.ai/acme/gpt-pricer/runs/ftjob-1');
    expect(wandbRunUrl(aJob({ wandb: { ...wandb, runId: 'r1' } }), { messages: [] })).toBe(
      'https://wandb.ai/acme/gpt-pricer/runs/r1',
    );
  });

  it('is unknown without a team, and never an address somebody else wrote', () => {
    expect(wandbRunUrl(aJob({ wandb: { ...wandb, entity: null } }), { messages: [] })).toBeNull();
    expect(
      wandbRunUrl(aJob({ wandb: { ...wandb, entity: null, url: 'https://evil.example/runs/1' } }), { messages: [] }),
    ).toBeNull();
    expect(wandbRunUrl(aJob({ wandb: { ...wandb, entity: '../evil' } }), { messages: [] })).toBeNull();
    expect(wandbRunUrl(aJob({ wandb: { ...wandb, project: 'a?b=c' } }), { messages: [] })).toBeNull();
    expect(
      wandbRunUrl(aJob(), { messages: [anEvent({ message: 'see https://wandb.ai.evil.example/a/b/runs/c' })] }),
    ).toBeNull();
    expect(wandbRunUrl(aJob(), { messages: [] })).toBeNull();
  });

  it('never is the outcome of a job: what it reports is an event like others', () => {
    const metrics = [aMetric({ step: 1, trainLoss: 1 })];
    const failure = anEvent({ level: 'error', message: 'Weights & Biases: the API key is not valid.' });
    const job = aJob({ status: 'succeeded', fineTunedModel: 'ft:m', wandb });
    const headline = (events: readonly JobEvent[]) =>
      jobHeadline({ job, checkpoints: [], ...aHistory({ events, metrics }) });
    expect(headline([failure])).toEqual(headline([]));
  });
});
