import { describe, expect, it } from 'vitest';
import { answerError } from '../../../../../src/core/dataset/dataCurve/answerError.ts';
import { modelPoint, plannedPoints, withModel } from '../../../../../src/core/dataset/dataCurve/modelPoints.ts';
import { modelPointsSentence } from '../../../../../src/core/dataset/dataCurve/sentences.ts';
import { fallingPrices, modelPoints } from '../../../../support/webviewHarness/moreDataStates.ts';

describe('points of a model beside a data curve', () => {
  it('have the errors of the curve: distances of numbers, or wrong answers', () => {
    expect(answerError('Price is $12.50', '$10', 'numbers')).toBe(2.5);
    expect(answerError('I cannot say', '$10', 'numbers')).toBe(10);
    expect(answerError(' cheap\n', 'cheap', 'texts')).toBe(0);
    expect(answerError('Cheap', 'cheap', 'texts')).toBe(1);
  });

  it('have the 90 % interval of a mean, or of a share', () => {
    const distances = Array.from({ length: 40 }, (_, row) => row % 8);
    const { rows, error } = modelPoint(80, distances, 'numbers');
    expect([rows, error.value]).toEqual([80, 3.5]);
    expect([error.low < 3.5, error.low > 2.8, error.high > 3.5, error.high < 4.2]).toEqual([true, true, true, true]);
    // Wilson's interval of 8 of 40, by its formula.
    const share = modelPoint(
      80,
      Array.from({ length: 40 }, (_, row) => (row < 8 ? 1 : 0)),
      'texts',
    ).error;
    expect(share.value).toBeCloseTo(0.2, 10);
    expect(share.low).toBeCloseTo(0.1164, 3);
    expect(share.high).toBeCloseTo(0.3217, 3);
    // No model is known to be always right.
    expect(modelPoint(80, [0, 0, 0, 0], 'texts').error.high).toBeGreaterThan(0.3);
  });

  it('are planned as they will be', () => {
    const { curve } = fallingPrices();
    if (curve === null) throw new Error('There is no curve.');
    expect(plannedPoints(curve)).toEqual({ rows: [80, 160, 320], tested: 80 });
    expect(plannedPoints({ ...curve, crossValidated: false, tested: 50 })).toMatchObject({ tested: 50 });
    expect(plannedPoints({ ...curve, crossValidated: false, tested: 5000 })).toMatchObject({ tested: 100 });
  });

  it('replace those of the same model only', () => {
    const [one, two] = modelPoints('one', 'two');
    if (!one || !two) throw new Error('There are two.');
    const again = { ...one, points: [] };
    expect(withModel([one, two], again)).toEqual([two, again]);
  });

  it('are said to be another model’s, of one split, with nothing fitted to them', () => {
    const model = { model: 'smol', tested: 80, points: [] };
    expect(modelPointsSentence({ ...model, ofValidation: false })).toBe(
      'smol is another model, trained once on each part of the rows and tested on 80 rows that were held back, in one split and not by cross-validation. Nothing is fitted to its points.',
    );
    expect(modelPointsSentence({ ...model, ofValidation: true })).toContain(
      'tested on 80 rows of the validation file.',
    );
  });
});
