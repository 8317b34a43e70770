import { t, tn } from '../../base/messages.ts';
import { percent } from '../../base/numbers.ts';
import { amount } from '../../evaluation/report/amount.ts';
import type { Range } from '../../statistics/powerLaw.ts';
import { halfOf, type DataCurve } from './dataCurve.ts';
import type { ModelPoints } from './modelPoints.ts';

/** Error in words: an amount, or a share of wrong answers in percent. */
export function errorText(kind: DataCurve['kind'], error: number): string {
  return kind === 'numbers' ? amount(error) : percent(error);
}

export function rangeText(kind: DataCurve['kind'], { low, high }: Range): string {
  return t('{0} to {1}', errorText(kind, low), errorText(kind, high));
}

/** The verdict, and what it rests on. */
export function curveSentences(curve: DataCurve): readonly string[] {
  return [verdictText(curve), ...reasons(curve)];
}

function verdictText({ kind, verdict, points, doubled }: DataCurve): string {
  switch (verdict) {
    case 'flat':
      return t('The curve is flat: more of the same data would not help.');
    case 'unclear':
      return t('There are too few rows to say whether more data would help.');
    case 'falls': {
      const now = errorText(kind, points.at(-1)?.error.value ?? 0);
      const then = errorText(kind, doubled.value);
      return kind === 'numbers'
        ? t('Doubling the data would lower the error from {0} to about {1} ({2}).', now, then, rangeText(kind, doubled))
        : t(
            'Doubling the data would lower the share of wrong answers from {0} to about {1} ({2}).',
            now,
            then,
            rangeText(kind, doubled),
          );
    }
  }
}

function reasons(curve: DataCurve): readonly string[] {
  const { kind, law, learns, constant, doubledFile, points, tested, crossValidated, verdict } = curve;
  const now = points.at(-1)?.error.value ?? 0;
  if (law === null) {
    return [tn(tested, 'The answer to the {0} tested row is right.', 'The answers to all {0} tested rows are right.')];
  }
  if (!learns) {
    return [
      t(
        'The models do no better than one answer for all rows: error {0} against {1}.',
        errorText(kind, now),
        errorText(kind, constant),
      ),
    ];
  }
  if (verdict !== 'falls') {
    const before = points[halfOf(points.map(({ rows }) => rows))];
    return [
      t(
        'The last doubling, to {0} rows trained on, changed the error from {1} to {2}.',
        points.at(-1)?.rows ?? 0,
        errorText(kind, before?.error.value ?? 0),
        errorText(kind, now),
      ),
    ];
  }
  return crossValidated
    ? [
        t(
          'That is on the rows tested now; a file of twice the rows, which tests its new rows too, would show {0}.',
          rangeText(kind, doubledFile),
        ),
      ]
    : [];
}

/** What the curve is of, and what it says of a language model. */
export function curveCaveat(): string {
  return t(
    'This is the curve of the linear baseline, which trains here in seconds. The curve of a language model usually lies lower, since it knows the language before it sees the first row, but it bends at similar numbers of rows.',
  );
}

/** What the points of another model are, by its name. */
export function modelPointsSentence({ model, tested, ofValidation }: ModelPoints): string {
  return ofValidation
    ? tn(
        tested,
        '{1} is another model, trained once on each part of the rows and tested on {0} row of the validation file. Nothing is fitted to its points.',
        '{1} is another model, trained once on each part of the rows and tested on {0} rows of the validation file. Nothing is fitted to its points.',
        model,
      )
    : tn(
        tested,
        '{1} is another model, trained once on each part of the rows and tested on {0} row that was held back, in one split and not by cross-validation. Nothing is fitted to its points.',
        '{1} is another model, trained once on each part of the rows and tested on {0} rows that were held back, in one split and not by cross-validation. Nothing is fitted to its points.',
        model,
      );
}

/** Sentence about a file with too few answers in text. */
export function tooFewSentences(answers: number, needed: number): readonly string[] {
  return [
    t('There are too few rows to say whether more data would help.'),
    tn(
      answers,
      'There is {0} example with an answer in text, and at least {1} are needed.',
      'There are {0} examples with an answer in text, and at least {1} are needed.',
      needed,
    ),
  ];
}

/** Sentence about answers that the linear engine cannot be judged by. */
export function unfitSentences(): readonly string[] {
  return [
    t('Nothing can be said about more data: the answers are long or mostly distinct.'),
    t('The linear baseline learns short answers that repeat, and numbers.'),
  ];
}
