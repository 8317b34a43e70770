import { describe, expect, it } from 'vitest';
import { TrainingClock } from '../../../../src/local/training/trainingClock.ts';

describe('the clock of a training', () => {
  it('counts to the last report, not to the end of the process', () => {
    let now = 1000;
    const clock = new TrainingClock(0, () => now);
    now = 3500;
    clock.tick();
    now = 60_000;
    expect(clock.seconds).toBe(2.5);
  });

  it('adds the parts before a pause, and knows nothing where one of them is not known', () => {
    let now = 0;
    const [known, unknown] = [new TrainingClock(7, () => now), new TrainingClock(null, () => now)];
    now = 2000;
    known.tick();
    unknown.tick();
    expect([known.seconds, unknown.seconds]).toEqual([9, null]);
  });
});
