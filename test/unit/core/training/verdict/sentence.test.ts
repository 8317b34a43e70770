import { afterEach, describe, expect, it } from 'vitest';
import { ENGLISH, speak } from '../../../../../src/core/base/messages.ts';
import { curveSentence } from '../../../../../src/core/training/verdict/sentence.ts';
import type { Turn, Verdict } from '../../../../../src/core/training/verdict/verdict.ts';

afterEach(() => {
  speak(ENGLISH);
});

const NONE: Verdict = {
  code: 'too-noisy',
  clearly: false,
  since: null,
  settled: null,
  bound: null,
  points: 500,
  first: 1,
  best: { step: 300, value: 0.9 },
  evidence: null,
};
const turn = (step: number, between: Turn['between'] = null): Turn => ({ step, between });
const said = (verdict: Partial<Verdict>, series = 'train_loss', live = false): string =>
  curveSentence({ ...NONE, ...verdict }, { series, live });

describe('the sentence of a curve', () => {
  const since = turn(300, [270, 340]);
  it.each<[Partial<Verdict>, string, string]>([
    [
      { code: 'improving', settled: turn(480) },
      'Improving. 95% of the fall was done by step 480.',
      'Improving so far. 95% of the fall was done by step 480.',
    ],
    [{ code: 'improving', clearly: true }, 'Clearly improving.', 'Clearly improving so far.'],
    [
      { code: 'flat', since, settled: since },
      'Flat since step 300 (between 270 and 340). 95% of the fall was done by then.',
      'Flat since step 300 so far (between 270 and 340). 95% of the fall was done by then.',
    ],
    [
      { code: 'flat', since, settled: since, clearly: true },
      'Clearly flat since step 300 (between 270 and 340). 95% of the fall was done by then.',
      'Clearly flat since step 300 so far (between 270 and 340). 95% of the fall was done by then.',
    ],
    [{ code: 'flat', bound: 0.0972 }, 'Flat: any change is below 10%.', 'Flat so far: any change is below 10%.'],
    [
      { code: 'fell-then-unknown', since, settled: since },
      "Fell until about step 300 (between 270 and 340); whether it still falls can't be told. 95% of the fall was done by then.",
      "Fell until about step 300 so far (between 270 and 340); whether it still falls can't be told. 95% of the fall was done by then.",
    ],
    [
      { code: 'worse', since: turn(420, [400, 440]), settled: turn(250) },
      'Getting worse since step 420 (between 400 and 440). 95% of the fall was done by step 250.',
      'Getting worse since step 420 so far (between 400 and 440). 95% of the fall was done by step 250.',
    ],
    [{ code: 'worse', since: turn(1) }, 'Getting worse since the start.', 'Getting worse since the start so far.'],
    [
      { code: 'worse', clearly: true, since: turn(1) },
      'Clearly getting worse since the start.',
      'Clearly getting worse since the start so far.',
    ],
    [
      { code: 'too-noisy', bound: 0.4321 },
      'Too noisy to say: a change of up to 43% could hide.',
      'Too noisy to say so far: a change of up to 43% could hide.',
    ],
    [{ code: 'too-noisy' }, 'Too noisy to say.', 'Too noisy to say so far.'],
    [
      { code: 'wanders', bound: 0.25 },
      'Wanders without a direction: a change of up to 25% could hide.',
      'Wanders so far without a direction: a change of up to 25% could hide.',
    ],
    [
      { code: 'few-points', points: 4 },
      '4 values are too few to say; the lowest is 0.900 at step 300.',
      '4 values are too few to say; the lowest is 0.900 at step 300.',
    ],
    [{ code: 'few-points', points: 0, best: null }, 'There is no value yet.', 'There is no value yet.'],
  ])('of %j', (verdict, sentence, live) => {
    expect(said(verdict)).toBe(sentence);
    expect(said(verdict, 'train_loss', true)).toBe(live);
  });

  it('says overfitting of validation only', () => {
    const worse = { code: 'worse', since: turn(420, [400, 440]) } as const;
    expect(said(worse, 'valid_loss')).toBe('Getting worse since step 420 (between 400 and 440; overfitting).');
    expect(said({ ...worse, clearly: true }, 'eval_loss')).toBe(
      'Clearly getting worse since step 420 (between 400 and 440; overfitting).',
    );
    expect(said({ ...worse, since: turn(2) }, 'run - eval/loss')).toBe('Getting worse since step 2 (overfitting).');
    expect(said(worse, 'train_loss')).not.toContain('overfitting');
  });

  it('says that accuracies and rewards rise', () => {
    const since = turn(300, [270, 340]);
    expect(said({ code: 'fell-then-unknown', since, settled: since }, 'train_mean_token_accuracy')).toBe(
      "Rose until about step 300 (between 270 and 340); whether it still rises can't be told. 95% of the rise was done by then.",
    );
    expect(said({ code: 'few-points', points: 3 }, 'train_reward_mean')).toContain('the highest is');
  });

  it('is looked up whole', () => {
    const sentence = 'Flat since step {0} (between {1} and {2}).';
    speak({ locale: 'de', translations: { [sentence]: 'Flach seit Schritt {0} ({1} bis {2}).' } });
    expect(said({ code: 'flat', since: turn(1300, [1270, 1340]) })).toBe('Flach seit Schritt 1.300 (1.270 bis 1.340).');
  });
});
