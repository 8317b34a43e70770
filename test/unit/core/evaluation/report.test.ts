import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantBaseline } from '../../../../src/core/evaluation/baselines/constant.ts';
import { grade } from '../../../../src/core/evaluation/graders/grade.ts';
import { amount } from '../../../../src/core/evaluation/report/amount.ts';
import { runHeadline, type HeadlineInput } from '../../../../src/core/evaluation/report/headline.ts';
import { report, reportAll } from '../../../../src/core/evaluation/report/report.ts';
import type { Contestant, RowResult } from '../../../../src/core/evaluation/types.ts';

const row = (
  item: number,
  sample: string,
  truth: string,
  contestant = 'a',
  grader: 'number' | 'string_check' = 'number',
): RowResult => ({
  contestant,
  item,
  sample,
  ...grade(grader, { sample, truth }),
});
const failed = (item: number, contestant = 'a'): RowResult => ({
  contestant,
  item,
  status: 'error',
  sample: null,
  guess: null,
  truth: 1,
  error: null,
  colour: null,
  message: 'It failed.',
});

describe('the figures of a contestant', () => {
  it('are those worked out by hand', () => {
    // errors 10, 50, 200; one reply without a number (truth 100); one request that failed.
    const rows = [row(0, '110', '100'), row(1, '50', '100'), row(2, '$400', '200'), row(3, 'none', '100'), failed(4)];
    const figures = report('a', rows);
    const sle = (guess: number, truth: number): number => (Math.log(truth + 1) - Math.log(guess + 1)) ** 2;
    expect(figures).toEqual({
      contestant: 'a',
      n: 4,
      noNumber: 1,
      errors: 1,
      ungradable: 0,
      meanError: (10 + 50 + 200) / 3,
      lessonMeanError: (10 + 50 + 200 + 100) / 4,
      medianError: 50,
      rmsle: expect.closeTo(Math.sqrt((sle(110, 100) + sle(50, 100) + sle(400, 200)) / 3), 12) as number,
      lessonRmsle: expect.closeTo(
        Math.sqrt((sle(110, 100) + sle(50, 100) + sle(400, 200) + sle(0, 100)) / 4),
        12,
      ) as number,
      hits: 1 / 4,
      green: 1,
      orange: 1,
      red: 2,
    });
  });

  it('has the lesson’s own reading in the lesson’s figures', () => {
    const numberReader = { version: 2, decimalMark: 'point' } as const;
    const parts = grade('number', { sample: '10,5 €', truth: '9,99 €', numberReader });
    const figures = report('a', [{ contestant: 'a', item: 0, sample: '10,5 €', ...parts }]);
    expect(figures.meanError).toBeCloseTo(0.51);
    expect(figures.lessonMeanError).toBe(999 - 105);
  });

  it('of the lesson’s printed line agree with it', () => {
    // `1: Guess: $174.00 Truth: $374.41 Error: $200.41 SLE: 0.58`
    const { meanError, rmsle } = report('a', [row(0, '174.00', '374.41')]);
    expect(meanError?.toFixed(2)).toBe('200.41');
    expect(((rmsle ?? 0) ** 2).toFixed(2)).toBe('0.58');
  });

  it('take a guess below zero as zero in the logarithms, where the lesson has no result', () => {
    for (const guess of ['-1', '-1.0', '-500']) {
      expect(report('a', [row(0, guess, '100')]).rmsle).toBeCloseTo(Math.log(101), 12);
    }
    expect(report('a', [row(0, '5', '-7')]).rmsle).toBeCloseTo(Math.log(6), 12);
  });

  it('of an exact match are counts and shares', () => {
    const rows = [row(0, 'x', 'x', 'a', 'string_check'), row(1, 'y', 'x', 'a', 'string_check')];
    expect(report('a', rows)).toMatchObject({
      n: 2,
      green: 1,
      red: 1,
      hits: 0.5,
      meanError: null,
      lessonMeanError: null,
      rmsle: null,
      medianError: null,
      noNumber: 0,
    });
  });

  it('of nothing are zeros and nulls', () => {
    expect(report('a', [])).toEqual({
      contestant: 'a',
      n: 0,
      noNumber: 0,
      errors: 0,
      ungradable: 0,
      meanError: null,
      lessonMeanError: null,
      medianError: null,
      rmsle: null,
      lessonRmsle: null,
      hits: null,
      green: 0,
      orange: 0,
      red: 0,
    });
    expect(report('a', [failed(0)])).toMatchObject({ n: 0, errors: 1, meanError: null, hits: null });
    expect(report('a', [row(0, 'none', '5')])).toMatchObject({
      n: 1,
      noNumber: 1,
      meanError: null,
      rmsle: null,
      lessonMeanError: 5,
      hits: 0,
    });
  });

  it('leave rows out that cannot be graded, and count them', () => {
    expect(report('a', [row(0, '110', '100'), row(1, '5', 'unknown'), failed(2)])).toMatchObject({
      n: 1,
      errors: 1,
      ungradable: 1,
      meanError: 10,
      lessonMeanError: 10,
      hits: 1,
    });
  });

  it('count a row once: the later of two for one item', () => {
    const [first, second] = reportAll(
      ['a', 'b'],
      [failed(0), row(0, '10', '10'), row(0, '10', '10', 'b'), row(1, '10', '10', 'stranger')],
    );
    expect(first).toMatchObject({ contestant: 'a', n: 1, errors: 0, green: 1 });
    expect(second).toMatchObject({ contestant: 'b', n: 1 });
  });

  it('hold together for any rows', () => {
    const text = fc.oneof(
      fc.constantFrom('none', '', '-1', '0', '-3.5', '1e308', '-1e308'),
      fc.double({ noNaN: true }).map(String),
      fc.nat().map(String),
    );
    const anyRow = fc
      .tuple(fc.nat(30), text, text, fc.boolean())
      .map(([item, sample, truth, broken]) => (broken ? failed(item) : row(item, sample, truth)));
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        const [figures] = reportAll(['a'], rows);
        if (figures === undefined) throw new Error('No report');
        expect(figures.n).toBe(figures.green + figures.orange + figures.red);
        expect(figures.n + figures.errors + figures.ungradable).toBe(new Set(rows.map(({ item }) => item)).size);
        for (const value of Object.values(figures))
          if (typeof value === 'number') expect(Number.isFinite(value) && value >= 0).toBe(true);
        expect(figures.meanError === null).toBe(figures.n === figures.noNumber);
        if (figures.noNumber === 0) expect(figures.lessonMeanError).toBe(figures.meanError);
      }),
    );
  });
});

describe('the constant', () => {
  const training = { count: 500, medianNumber: 75.47, mostFrequent: 'delivery' };

  it.each([
    ['number', training, ['$1'], { constant: '75.47', constantSource: 'median of 500 training answers' }],
    [
      'string_check',
      training,
      ['x'],
      { constant: 'delivery', constantSource: 'most frequent of 500 training answers' },
    ],
    [
      'number',
      null,
      ['Price is $10', 'none', '$30', '$20'],
      { constant: '20', constantSource: 'median of 3 test answers' },
    ],
    [
      'number',
      { ...training, medianNumber: null },
      ['1', '2'],
      { constant: '1.5', constantSource: 'median of 2 test answers' },
    ],
    ['string_check', null, ['b', 'a', 'a ', 'b'], { constant: 'b', constantSource: 'most frequent of 4 test answers' }],
    [
      'number',
      { ...training, medianNumber: 21.479999999999997 },
      [],
      { constant: '21.48', constantSource: 'median of 500 training answers' },
    ],
    ['number', null, ['x'], null],
    ['string_check', null, [], null],
    [
      'number',
      null,
      ['GPT-4 estimate: $10', 'GPT-4 estimate: $30', 'GPT-4 estimate: $20'],
      { constant: '20', constantSource: 'median of 3 test answers' },
    ],
  ] as const)('%s from %j and %j', (grader, known, test, expected) => {
    const prefix = test[0]?.startsWith('GPT-4') === true ? 'GPT-4 estimate: $' : null;
    expect(constantBaseline(grader, known, test, prefix)).toEqual(expected);
  });
});

describe('the headline', () => {
  const tuned: Contestant = { id: 't', kind: 'fine-tuned', label: 'pricer' };
  const base: Contestant = { id: 'b', kind: 'base', label: 'gpt-4o-mini base' };
  const constant: Contestant = { id: 'c', kind: 'constant', label: 'constant median' };
  const rows = (contestant: string, count: number, error: number): RowResult[] =>
    Array.from({ length: count }, (_, item) => row(item, String(100 + error), '100', contestant));
  const headline = (
    list: readonly RowResult[],
    overrides: Partial<HeadlineInput> = {},
    contestants: readonly Contestant[] = [constant, tuned],
  ) =>
    runHeadline({
      status: 'finished',
      grader: 'number',
      contestants,
      reports: reportAll(
        contestants.map(({ id }) => id),
        list,
      ),
      items: 250,
      ...overrides,
    });

  it('names the tuned model first, with the evidence', () => {
    expect(headline([...rows('t', 250, 85.2), ...rows('c', 250, 103.9)])).toEqual({
      tone: 'neutral',
      text: "pricer's mean error is 85.20 and the constant's mean error is 103.90, over 250 of 250 items.",
    });
    expect(
      headline([...rows('t', 250, 85.2), ...rows('b', 250, 90), ...rows('c', 250, 1103.9)], {}, [constant, base, tuned])
        .text,
    ).toBe(
      "pricer's mean error is 85.20, gpt-4o-mini base's mean error is 90.00, and the constant's mean error is 1,103.90, over 250 of 250 items.",
    );
  });

  it('says how far it has come', () => {
    expect(headline([], { status: 'running' }).text).toBe('Waiting for the first of 250 items.');
    expect(headline([...rows('t', 100, 85.2), ...rows('c', 250, 103.9)], { status: 'running' }).text).toBe(
      "So far, pricer's mean error is 85.20 over 100 of 250 items and the constant's mean error is 103.90 over 250 of 250 items.",
    );
    expect(headline([...rows('t', 100, 85.2), ...rows('c', 100, 103.9)], { status: 'cancelled' }).text).toMatch(
      /^Stopped after 100 of 250 items: .*, over 100 of 250 items\.$/,
    );
  });

  it('says what is missing', () => {
    const silent = [row(0, 'none', '5', 't'), ...rows('t', 250, 10).slice(1), ...rows('c', 250, 20)];
    expect(headline(silent)).toEqual({
      tone: 'warning',
      text: "pricer's mean error is 10.00 and the constant's mean error is 20.00, over 250 of 250 items. 1 reply of pricer held no number and is not in the mean.",
    });
    expect(headline([failed(0, 't'), failed(1, 't'), ...rows('c', 250, 20)])).toEqual({
      tone: 'bad',
      text: 'No model has answered yet. 2 requests failed.',
    });
    expect(headline([failed(0, 't'), ...rows('t', 250, 10).slice(1), ...rows('c', 250, 20)]).text).toMatch(
      /\. 1 request failed\.$/,
    );
    expect(headline([row(0, 'none', '5', 't')], {}, [tuned]).text).toContain('pricer gave no number');
    expect(headline([], { items: 0 }).tone).toBe('warning');
    expect(headline([]).text).toBe('No answers to 250 items.');
  });

  it('names what cannot be graded, and counts the rest as all', () => {
    const left = ['t', 'c'].flatMap((id) => [247, 248, 249].map((item) => row(item, '', 'unknown', id)));
    expect(headline([...rows('t', 247, 85.2), ...rows('c', 247, 103.9), ...left])).toEqual({
      tone: 'neutral',
      text: "pricer's mean error is 85.20 and the constant's mean error is 103.90, over 247 of 247 items. 3 of 250 items have no number in their expected answer and are not asked.",
    });
    expect(headline(left, { status: 'running' }).text).toContain('Waiting for the first of 247 items.');
  });

  it('says that a model was asked what it was trained on', () => {
    const list = [...rows('t', 250, 26.91), ...rows('c', 250, 103.22)];
    expect(headline(list, { trainedOn: { same: 120, near: 0 } })).toEqual({
      tone: 'bad',
      text: "pricer's mean error is 26.91 and the constant's mean error is 103.22, over 250 of 250 items. 120 of 250 items are in the model's training file. These figures do not tell how the model does on new items.",
    });
    expect(headline(list, { trainedOn: { same: 1, near: 2 } }).text).toContain(
      "1 of 250 items is in the model's training file. 2 of 250 items are nearly the same as examples in the model's training file. These",
    );
    expect(headline(list, { trainedOn: { same: 0, near: 1 } }).text).toContain(
      "1 of 250 items is nearly the same as an example in the model's training file. These",
    );
    expect(headline(list, { trainedOn: { same: 0, near: 0 } })).toEqual(headline(list));
  });

  it('counts matches for the exact match', () => {
    const list = [0, 1, 2, 3].flatMap((item) => [
      row(item, item < 3 ? 'x' : 'y', 'x', 't', 'string_check'),
      row(item, item < 1 ? 'x' : 'y', 'x', 'c', 'string_check'),
    ]);
    expect(headline(list, { grader: 'string_check', items: 4 }).text).toBe(
      'pricer matches 3 of 4 (75.0%) and the constant matches 1 of 4 (25.0%), over 4 of 4 items.',
    );
  });

  it('never claims that a difference is real, and ends as a sentence for any figures', () => {
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.nat(5),
        fc.nat(5),
        fc.constantFrom('running', 'finished', 'cancelled', 'interrupted', 'paused'),
        (graded, silent, broken, status) => {
          const list = [
            ...rows('t', graded, 5),
            ...Array.from({ length: silent }, (_, n) => row(100 + n, 'none', '5', 't')),
            ...Array.from({ length: broken }, (_, n) => failed(200 + n, 't')),
            ...rows('c', graded, 7),
          ];
          const { text } = headline(list, { status: status, items: 15 });
          expect(text).toMatch(/\.$/);
          expect(text).not.toMatch(/NaN|undefined|null|Infinity|better|worse|helped/);
        },
      ),
    );
  });

  it('writes amounts', () => {
    expect([0, 0.001234, 0.5, 85.2, 1234.567, 1e20].map(amount)).toEqual([
      '0.00',
      '0.00123',
      '0.50',
      '85.20',
      '1,234.57',
      '1.000e+20',
    ]);
  });
});

describe('the constant of a file with decimal commas', () => {
  const comma = { version: 2, decimalMark: 'comma' } as const;

  it.each([
    [['9,99 €', '1,299 €', '0,5 €'], '1,299', 1.299],
    [['1.299 €', '9,99 €', '2.500 €'], '1299', 1299],
    [['9,99 €', '9,99 €', '9,99 €'], '9,99', 9.99],
  ])('of %j is %s, and is read back as it was meant', (answers, constant, value) => {
    const baseline = constantBaseline('number', null, answers, null, comma);
    expect(baseline?.constant).toBe(constant);
    expect(grade('number', { sample: constant, truth: '1', numberReader: comma }).guess).toBe(value);
  });
});
