// Names of series, looks at live curves, changes between epochs, gaps and hints.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../src/core/base/random.ts';
import { compareEpochs } from '../../../../../src/core/training/verdict/epochs.ts';
import { judgeGap } from '../../../../../src/core/training/verdict/gap.ts';
import {
  gapSentence,
  hintsOf,
  noteSentence,
  notesOf,
  type Training,
} from '../../../../../src/core/training/verdict/hints.ts';
import { judgeCurve } from '../../../../../src/core/training/verdict/judge.ts';
import { addLook, isLookDue, liveSentence, looksAt, NO_LOOKS } from '../../../../../src/core/training/verdict/live.ts';
import {
  betterOf,
  hasDirection,
  isFullValidation,
  isValidation,
  trainingLossFor,
} from '../../../../../src/core/training/verdict/seriesNames.ts';
import type { Verdict } from '../../../../../src/core/training/verdict/verdict.ts';

const steps = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i + 1);

describe('names of series', () => {
  it.each([
    ['train_loss', 'lower', true, false, false],
    ['loss', 'lower', true, false, false],
    ['valid_loss', 'lower', true, true, false],
    ['full_valid_loss', 'lower', true, true, true],
    ['eval_loss', 'lower', true, true, true],
    ['run 7 - eval/loss', 'lower', true, true, true],
    ['run 7 - train/loss', 'lower', true, false, false],
    ['train_mean_token_accuracy', 'higher', true, false, false],
    ['full_valid_mean_token_accuracy', 'higher', true, true, false],
    ['eval_accuracy', 'higher', true, true, false],
    ['train_reward_mean', 'higher', true, false, false],
    ['rewards/margins', 'higher', true, false, false],
    ['eval_rougeL', 'higher', true, true, false],
    ['perplexity', 'lower', true, false, false],
    ['anything', 'lower', true, false, false],
    ['learning_rate', 'lower', false, false, false],
    ['run - train/learning_rate', 'lower', false, false, false],
    ['grad_norm', 'lower', false, false, false],
    ['train_runtime', 'lower', false, false, false],
    ['train_samples_per_second', 'lower', false, false, false],
    ['total_flos', 'lower', false, false, false],
    ['train_reasoning_tokens_mean', 'lower', false, false, false],
  ] as const)('%s', (name, better, directed, validation, full) => {
    expect([betterOf(name), hasDirection(name), isValidation(name), isFullValidation(name)]).toEqual([
      better,
      directed,
      validation,
      full,
    ]);
  });

  it('belong together within a run', () => {
    expect(trainingLossFor('full_valid_loss', ['train_loss', 'full_valid_loss'])).toBe('train_loss');
    expect(trainingLossFor('eval_loss', ['loss', 'eval_loss'])).toBe('loss');
    expect(trainingLossFor('b - eval/loss', ['a - train/loss', 'b - train/loss'])).toBe('b - train/loss');
    expect(trainingLossFor('b - eval/loss', ['a - train/loss'])).toBeNull();
    expect(trainingLossFor('valid_mean_token_accuracy', ['train_loss'])).toBeNull();
  });
});

describe('looks at a live curve', () => {
  const flat: Verdict = judgeCurve(steps(100), new Float64Array(100).fill(1));
  const improving: Verdict = { ...flat, code: 'improving', bound: null };
  const worse: Verdict = { ...improving, code: 'worse', since: { step: 40, between: [30, 50] } };

  it('are due every twentieth of the run', () => {
    expect([0, 0.04, 0.05, 0.5].map((progress) => isLookDue(NO_LOOKS, progress))).toEqual([false, false, true, true]);
    const looked = addLook(NO_LOOKS, 0.32, flat);
    expect(looked.number).toBe(6);
    expect([0.3, 0.349, 0.35, 1].map((progress) => isLookDue(looked, progress))).toEqual([false, false, true, true]);
    expect(addLook(looked, 0.34, improving)).toBe(looked);
  });

  it('let a claim stand when two in a row have found it', () => {
    const UNDECIDED = 'Nothing can be said yet: a change must be seen at two looks in a row.';
    const found: (string | null)[] = [];
    let looks = NO_LOOKS;
    found.push(liveSentence(looks, 'valid_loss'));
    for (const [index, verdict] of [flat, improving, improving, worse, improving, worse, worse].entries()) {
      looks = addLook(looks, (index + 1) / 20, verdict);
      found.push(liveSentence(looks, 'valid_loss'));
    }
    expect(found).toEqual([
      null,
      'Flat so far: any change is below 1%.',
      UNDECIDED,
      'Improving so far.',
      UNDECIDED,
      UNDECIDED,
      UNDECIDED,
      'Getting worse since step 40 so far (between 30 and 50; overfitting).',
    ]);
  });

  it('can be made up from the points so far', () => {
    const random = createRandom(1);
    const values = steps(300).map((step) => 3 - step / 200 + 0.05 * random.normal());
    const points = { steps: steps(300), values };
    expect(looksAt(points, 400, 'lower')).toMatchObject({ number: 15, stands: true, last: { code: 'improving' } });
    expect(looksAt(points, null, 'lower')).toMatchObject({ number: 20, stands: true, last: { code: 'improving' } });
    // The fall began after the look before the last one.
    const late = steps(300).map((step) => (step > 283 ? 1 : 3) + 0.05 * random.normal());
    expect(looksAt({ steps: steps(300), values: late }, 300, 'lower')).toMatchObject({ stands: false });
  });

  it('are the same in whatever order the points are, and with points that are no numbers', () => {
    const random = createRandom(2);
    const values = steps(300).map((step) => 3 - 2 * Math.min(1, step / 150) + 0.05 * random.normal());
    values[40] = NaN;
    const order = random.shuffle(Array.from({ length: 300 }, (_, i) => i));
    const mixed = {
      steps: Float64Array.from(order, (i) => i + 1),
      values: Float64Array.from(order, (i) => values[i] ?? NaN),
    };
    for (const total of [300, 317, 500, null])
      expect(looksAt(mixed, total, 'lower')).toEqual(looksAt({ steps: steps(300), values }, total, 'lower'));
  });
});

describe('losses per example', () => {
  it('compare each epoch with the one before it', () => {
    const random = createRandom(1);
    const first = Array.from({ length: 60 }, () => 2 + random.normal());
    const second = first.map((loss) => loss - 0.4 + 0.3 * random.normal());
    const third = second.map((loss) => loss + 0.3 * random.normal());
    const changes = compareEpochs([first, second, third]);
    expect(changes.map(({ claim, epoch, examples }) => ({ claim, epoch, examples }))).toEqual([
      { claim: 'better', epoch: 2, examples: 60 },
      { claim: null, epoch: 3, examples: 60 },
    ]);
    expect(changes[0]?.adjusted).toBeCloseTo(2 * (changes[0]?.p ?? 0), 12);
    expect(compareEpochs([second, first])[0]).toMatchObject({ claim: 'worse' });
  });

  it('count the examples that both epochs have, and need ten', () => {
    const [change] = compareEpochs([
      [5, 5, NaN, 5],
      [1, 2, 3, Infinity],
    ]);
    expect(change).toMatchObject({ examples: 2, claim: null, value: -3.5 });
    expect(compareEpochs([[1, 2]])).toEqual([]);
    expect(compareEpochs([])).toEqual([]);
    // Eleven losses for the worked example of a paired t-test: d = 12, −5, 20, 3, 8, −1, 15, 4.
    const [worked] = compareEpochs([new Float64Array(8), [12, -5, 20, 3, 8, -1, 15, 4]]);
    expect(worked?.p).toBeCloseTo(0.050222, 6);
  });
});

describe('training against validation', () => {
  const training = { steps: steps(200), values: steps(200).map((step) => 2 - step / 200) };

  it('takes the mean around the step, not the one before it', () => {
    const validSteps = Float64Array.of(20, 40, 60, 80, 100);
    const gap = judgeGap(training, { steps: validSteps, values: validSteps.map((step) => 2 - step / 200 + 0.25) });
    expect([...(gap?.differences ?? [])].map((value) => Number(value.toFixed(9)))).toEqual([
      0.25, 0.25, 0.25, 0.25, 0.25,
    ]);
    expect(gap?.now).toBeCloseTo(0.25, 9);
    expect(gap?.widens).toBeNull();
  });

  it('has nothing to compare without common steps', () => {
    expect(judgeGap(training, { steps: [300], values: [1] })).toBeNull();
    expect(judgeGap({ steps: [], values: [] }, training)).toBeNull();
  });

  it('says since when the gap widens, only when it does so clearly', () => {
    const random = createRandom(2);
    const valid = steps(200).map((step) => 2 - Math.min(step, 100) / 200 + 0.02 * random.normal());
    const gap = judgeGap(training, { steps: steps(200), values: valid });
    expect(Math.abs((gap?.widens?.step ?? 0) - 100)).toBeLessThan(15);
    expect(gap === null ? null : gapSentence(gap)).toMatch(
      /^The gap between training and validation widens since step \d+ \(between \d+ and \d+\)\.$/,
    );
    const plain = { ...gap, verdict: { ...gap?.verdict, clearly: false } };
    expect(plain.verdict.clearly).toBe(false);
  });
});

describe('hints', () => {
  const verdict = (values: readonly number[]): Verdict =>
    judgeCurve(
      values.map((_, i) => 100 * (i + 1)),
      values,
    );
  const TRAINING: Training = {
    series: [{ name: 'full_valid_loss', verdict: verdict([1.1, 0.95, 0.9, 0.97, 1.08, 1.2]) }],
    gap: null,
    epochs: 6,
    batchSize: 4,
    totalSteps: 600,
    checkpoints: [400, 500, 600],
  };

  it('come from claims only', () => {
    expect(hintsOf(TRAINING)).toEqual([{ code: 'fewer-epochs', epochs: 3, since: 300, series: 'full_valid_loss' }]);
    expect(hintsOf({ ...TRAINING, checkpoints: [200, 300, 600] })[0]).toEqual({
      code: 'earlier-checkpoint',
      checkpoint: 300,
      since: 300,
      series: 'full_valid_loss',
    });
    const calm = [{ name: 'full_valid_loss', verdict: verdict([1.1, 1.02, 0.99, 1.03, 0.97, 1.01]) }];
    expect(hintsOf({ ...TRAINING, series: calm, checkpoints: [200, 300, 600] })).toEqual([]);
    const train = [{ name: 'train_loss', verdict: verdict([1.1, 0.95, 0.9, 0.97, 1.08, 1.2]) }];
    expect(hintsOf({ ...TRAINING, series: train })).toEqual([]);
  });

  it('name other data where training improves and validation does not', () => {
    const random = createRandom(2);
    const train = { steps: steps(200), values: steps(200).map((step) => 2 - step / 200) };
    const valid = steps(200).map((step) => 2 - Math.min(step, 100) / 200 + 0.02 * random.normal());
    const gap = judgeGap(train, { steps: steps(200), values: valid });
    const series = [{ name: 'valid_loss', verdict: judgeCurve(steps(200), valid) }];
    expect(series[0]?.verdict).toMatchObject({ code: 'flat' });
    const since = series[0]?.verdict.since?.step;
    expect(gap?.widens?.step).not.toBe(since);
    expect(hintsOf({ ...TRAINING, series, gap })).toEqual([{ code: 'more-data', since, series: 'valid_loss' }]);
    expect(hintsOf({ ...TRAINING, series, gap: null })).toEqual([]);
  });

  it('come with notes on how far a line can be trusted', () => {
    const notes = (series: string, epochs: number | null, batchSize: number | null): readonly string[] =>
      notesOf(series, { epochs, batchSize }).map(noteSentence);
    const FRESH = 'As fresh as test data: with one epoch, training loss is as telling as validation loss.';
    const ONE = 'One example a step: this line is nearly noise.';
    expect(notes('train_loss', 1, 1)).toEqual([FRESH, ONE]);
    expect(notes('train_loss', 2, 4)).toEqual([]);
    expect(notes('train_loss', null, null)).toEqual([]);
    expect(notes('valid_loss', 1, 1)).toEqual([ONE]);
    expect(notes('full_valid_loss', 1, 1)).toEqual([]);
  });
});
