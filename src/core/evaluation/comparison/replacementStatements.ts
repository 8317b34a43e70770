// What is said of a replacement, as codes with their parameters, and its sentences in the user's language.
import { t, tn } from '../../base/messages.ts';
import { count, percent } from '../../base/numbers.ts';
import { amount } from '../report/amount.ts';
import type { Replacement } from '../types.ts';
import { FEWEST_PAIRS } from './compare.ts';
import type { ReplacementFacts } from './replacement.ts';
import { differenceText, sizeOf } from './sizes.ts';
import type { ReplacementCode, Statement } from './statementCodes.ts';
import type { Metric } from './types.ts';

/** @param a label of the replacement @param b label of the old model */
export function replacementStatements(
  { metric, margin, items, clusters, difference, within, quality, answers, needed }: ReplacementFacts,
  a: string,
  b: string,
  { temperature, unrecorded }: Replacement,
): readonly Statement[] {
  if (difference === null || within === null || clusters < FEWEST_PAIRS)
    return [{ code: 'too-few-pairs', params: [a, b, clusters, FEWEST_PAIRS] }];
  const figures = [metric, difference.value, difference.low, difference.high] as const;
  const statements: Statement[] = [];
  switch (quality) {
    case 'equal':
      statements.push({
        code: answers.verdict === 'same' ? 'replacement-equal' : 'replacement-as-good',
        params: [a, b, ...figures, within, margin, items],
      });
      break;
    case 'better':
    case 'worse':
      statements.push({ code: `replacement-${quality}`, params: [a, b, ...figures, items] });
      break;
    case 'none':
      statements.push({ code: 'replacement-open', params: [a, b, ...figures, margin, items] });
  }
  const { between, own, beyond, verdict } = answers;
  if (between !== null && verdict === 'unknown')
    statements.push({ code: 'replacement-answers-unknown', params: [b, metric, between, temperature] });
  else if (between !== null && own !== null && beyond !== null && verdict !== 'unknown') {
    const code = verdict === 'none' ? 'open' : verdict;
    statements.push({ code: `replacement-answers-${code}`, params: [a, b, metric, between, own, margin] });
  }
  if (needed !== null) statements.push({ code: 'replacement-needed', params: [needed.from, needed.to] });
  if (unrecorded > 0) statements.push({ code: 'replacement-unrecorded', params: [unrecorded, unrecorded + items] });
  return statements;
}

/** Whole sentence of a statement about a replacement. */
export function sayReplacement(code: ReplacementCode, params: Statement['params']): string {
  const text = (at: number): string => String(params[at] ?? '');
  const number = (at: number): number => Number(params[at] ?? NaN);
  const difference = (): string => differenceText(text(2) as Metric, number(3), number(4), number(5));
  switch (code) {
    case 'replacement-equal':
      return tn(
        number(8),
        '{1} is equal to {2} to within ±{3} on {0} item: {4}; the margin was ±{5}.',
        '{1} is equal to {2} to within ±{3} on {0} items: {4}; the margin was ±{5}.',
        text(0),
        text(1),
        sizeOf(text(2) as Metric, number(6)),
        difference(),
        sizeOf(text(2) as Metric, number(7)),
      );
    case 'replacement-as-good':
      return tn(
        number(8),
        '{1} is as good as {2} to within ±{3} on {0} item: {4}; the margin was ±{5}.',
        '{1} is as good as {2} to within ±{3} on {0} items: {4}; the margin was ±{5}.',
        text(0),
        text(1),
        sizeOf(text(2) as Metric, number(6)),
        difference(),
        sizeOf(text(2) as Metric, number(7)),
      );
    case 'replacement-better':
      return tn(
        number(6),
        '{1} is better than {2} on {0} item: {3}.',
        '{1} is better than {2} on {0} items: {3}.',
        text(0),
        text(1),
        difference(),
      );
    case 'replacement-worse':
      return tn(
        number(6),
        '{1} is worse than {2} on {0} item: {3}.',
        '{1} is worse than {2} on {0} items: {3}.',
        text(0),
        text(1),
        difference(),
      );
    case 'replacement-open':
      return tn(
        number(7),
        '{1} is shown neither to be equal to {2} to within ±{3} nor to be better or worse on {0} item: {4}.',
        '{1} is shown neither to be equal to {2} to within ±{3} nor to be better or worse on {0} items: {4}.',
        text(0),
        text(1),
        sizeOf(text(2) as Metric, number(6)),
        difference(),
      );
    case 'replacement-needed':
      return t('Not enough items: about {0} to {1} would be needed.', count(number(0)), count(number(1)));
    case 'replacement-answers-same':
      return isShare(text(2))
        ? t(
            'Its answers differ from the recorded ones in {0} of the pairs, and two recorded ones in {1}: no more than {2} differs from itself, beyond the margin.',
            percent(number(3)),
            percent(number(4)),
            text(1),
          )
        : t(
            'Its answers are {0} from the recorded ones on average, and two recorded ones are {1} apart: no more than {2} is from itself, beyond the margin.',
            amount(number(3)),
            amount(number(4)),
            text(1),
          );
    case 'replacement-answers-other':
      return isShare(text(2))
        ? t(
            'But its answers are others: they differ from the recorded ones in {0} of the pairs, and two recorded ones in {1}.',
            percent(number(3)),
            percent(number(4)),
          )
        : t(
            'But its answers are others: they are {0} from the recorded ones on average, and two recorded ones are {1} apart.',
            amount(number(3)),
            amount(number(4)),
          );
    case 'replacement-answers-open':
      return isShare(text(2))
        ? t(
            'Whether its answers are the same is not shown: they differ from the recorded ones in {0} of the pairs, and two recorded ones in {1}.',
            percent(number(3)),
            percent(number(4)),
          )
        : t(
            'Whether its answers are the same is not shown: they are {0} from the recorded ones on average, and two recorded ones are {1} apart.',
            amount(number(3)),
            amount(number(4)),
          );
    case 'replacement-answers-unknown':
      return t(
        'Whether its answers are the same cannot be said: one reply a row was recorded at temperature {1}, so how far {0} is from itself is not known.',
        text(0),
        number(3),
      );
    case 'replacement-unrecorded':
      return tn(
        number(0),
        '{0} of {1} items has no recorded answer and is not judged.',
        '{0} of {1} items have no recorded answer and are not judged.',
        number(1),
      );
  }
}

/** Tells whether a metric's distances are shares of pairs that differ. */
function isShare(metric: string): boolean {
  return metric !== 'mae';
}
