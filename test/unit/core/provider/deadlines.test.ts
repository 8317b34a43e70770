import { describe, expect, it } from 'vitest';
import {
  daysUntil,
  deadlineBadge,
  deadlineOf,
  deadlineSentence,
  isUrgent,
} from '../../../../src/core/provider/deadlines.ts';

const today = Date.parse('2026-11-23T18:00:00Z');
const openai = { kind: 'openai' } as const;

describe('the end of a model', () => {
  it.each([
    ['gpt-4o-mini-2024-07-18', 52],
    ['gpt-4.1', 52],
    ['ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234', 52],
    ['ft:gpt-4.1-2025-04-14:p:x:1:ckpt-step-90', 52],
    ['gpt-4.1-nano-2025-04-14', -31],
    ['gpt-4o-audio-preview', null],
    ['gpt-3.5-turbo-0125', null],
    ['o4-mini-2025-04-16', null],
    ['constructor', null],
  ])('at OpenAI is known for %s: %s days', (model, days) => {
    expect(deadlineOf(openai, model, today)?.daysLeft ?? null).toBe(days);
  });

  it('is what the provider announces, for the model itself before its base, and the table last', () => {
    const tuned = 'ft:gpt-4o-mini-2024-07-18:p:x:1';
    const base = 'gpt-4o-mini-2024-07-18';
    expect(deadlineOf({ ...openai, retirements: { [base]: '2027-03-01' } }, tuned, today)?.date).toBe('2027-03-01');
    expect(
      deadlineOf({ ...openai, retirements: { [base]: '2027-03-01', [tuned]: '2026-12-01' } }, tuned, today),
    ).toEqual({ date: '2026-12-01', model: tuned, daysLeft: 8 });
  });

  it('is not taken over to other providers, who keep models of the same name', () => {
    expect(deadlineOf({ kind: 'azure' }, 'gpt-4o-mini-2024-07-18', today)).toBeNull();
    expect(
      deadlineOf(
        { kind: 'azure', retirements: { 'gpt-4.1-2025-04-14': '2027-04-14' } },
        'gpt-4.1-2025-04-14.ft-0123456789abcdef',
        today,
      )?.date,
    ).toBe('2027-04-14');
  });

  it('is said with its day and what goes with it', () => {
    const say = (model: string, date: string): string =>
      deadlineSentence({ model, date, daysLeft: daysUntil(date, today) });
    expect(say('gpt-4o', '2027-01-14')).toBe(
      'gpt-4o will be retired in 52 days, on Jan 14, 2027. Every model tuned from it will be retired with it.',
    );
    expect(say('ft:gpt-4o:p:x:1', '2026-11-24')).toBe('ft:gpt-4o:p:x:1 will be retired tomorrow, on Nov 24, 2026.');
    expect(say('gpt-4.1-nano', '2026-10-23')).toContain('was retired on Oct 23, 2026');
  });

  it.each([
    ['2026-11-22', 'retired', false],
    ['2026-11-23', 'retired', false],
    ['2026-11-24', 'retires tomorrow', true],
    ['2027-01-22', '60 days left', true],
    ['2027-01-23', '61 days left', false],
  ])('%s is %s', (date, badge, urgent) => {
    const deadline = { model: 'm', date, daysLeft: daysUntil(date, today) };
    expect([deadlineBadge(deadline), isUrgent(deadline)]).toEqual([badge, urgent]);
  });

  it('does not depend on the time of day or on daylight saving', () => {
    for (const time of ['00:00:00', '12:00:00', '23:59:59']) {
      expect(daysUntil('2027-03-30', Date.parse(`2027-03-27T${time}Z`))).toBe(3);
    }
  });
});
