import { expect, it } from 'vitest';
import { clock, day, dayAndTime, hourAndMinute } from '../../../../src/core/base/times.ts';

// In the machine's own time zone, whatever that is.
const seconds = new Date(2026, 10, 6, 8, 5, 9).getTime() / 1000;

it('writes every time in one form', () => {
  expect(day(seconds)).toBe('2026-11-06');
  expect(dayAndTime(seconds)).toBe('2026-11-06 08:05:09');
  expect(hourAndMinute(seconds)).toBe('08:05');
});

it('leaves the day out today, and only then', () => {
  expect(clock(seconds, new Date(2026, 10, 6, 23, 59))).toBe('08:05:09');
  expect(clock(seconds, new Date(2026, 10, 7, 0, 1))).toBe('2026-11-06 08:05:09');
  expect(clock(seconds, new Date(2027, 10, 6, 8, 5))).toBe('2026-11-06 08:05:09');
});

it('writes a dash for what is no time', () => {
  for (const write of [day, dayAndTime, clock, hourAndMinute]) expect(write(Number.NaN)).toBe('-');
});
