// What is said of a comparison: a code with its parameters, so that it can be recomputed and compared, and its sentence in the user's language.
import { t, tn } from '../../base/messages.ts';
import { count, percent } from '../../base/numbers.ts';
import { amount } from '../report/amount.ts';
import { sayReplacement } from './replacementStatements.ts';
import { differenceText, sizeOf } from './sizes.ts';
import type { ReplacementCode, Statement } from './statementCodes.ts';
import type { Metric } from './types.ts';

export type { Statement } from './statementCodes.ts';

/** Whole sentences of the statements, in order. */
export function sentenceOf(statements: readonly Statement[]): string {
  return statements.map(say).join(' ');
}

function say({ code, params }: Statement): string {
  const text = (at: number): string => String(params[at] ?? '');
  const number = (at: number): number => Number(params[at] ?? NaN);
  switch (code) {
    case 'no-number':
      return t(
        'Items without a number: {0} {1}, {2} {3}; they are not compared.',
        text(0),
        number(1),
        text(2),
        number(3),
      );
    case 'too-few-pairs':
      return tn(
        number(2),
        'Not enough items: {1} and {2} have {0} in common, and nothing is said below {3}.',
        'Not enough items: {1} and {2} have {0} in common, and nothing is said below {3}.',
        text(0),
        text(1),
        number(3),
      );
    case 'equal':
      return t(
        '{0} is equal to {1} to within ±{2}: {3}.',
        text(0),
        text(1),
        sizeOf(text(3) as Metric, number(2)),
        differenceText(text(3) as Metric, number(4), number(5), number(6)),
      );
    case 'not-with-zeros':
      return t('With replies without a number counted as 0 the difference is not shown, so nothing is claimed.');
    case 'heaviest':
      return t('One item carries {0} of the spread.', percent(number(0)));
    case 'items-needed':
      return t(
        'Not enough items to see a difference of {0}: about {1} to {2} would be needed.',
        percent(number(2)),
        count(number(0)),
        count(number(1)),
      );
    case 'look-different':
      return t(
        'The answer was in after {0} of {1} rows, as planned; the interval is the one after stopping.',
        number(0),
        number(1),
      );
    case 'look-futile':
      return t(
        'Stopped after {0} of {1} rows, as planned: the others would hardly have shown a difference.',
        number(0),
        number(1),
      );
    case 'look-continue':
      return t('So far, at the planned look after {0} of {1} rows.', number(0), number(1));
    case 'equal-prompts':
      return t('Items with equal prompts count as one: {0} items, {1} prompts.', number(0), number(1));
    default:
      return isReplacement(code) ? sayReplacement(code, params) : verdict(code, params);
  }
}

function isReplacement(code: Statement['code']): code is ReplacementCode {
  return code.startsWith('replacement-');
}

function verdict(code: Statement['code'], params: Statement['params']): string {
  const [a = '', b = ''] = params.map(String);
  const metric = String(params[2]) as Metric;
  const [value = NaN, low = NaN, high = NaN, ...rest] = params.slice(3).map(Number);
  const mean = differenceText(metric, value, low, high);
  const typical = /-typical-(\w+)$/.exec(code)?.[1];
  if (typical === undefined) {
    const [better = 0, worse = 0, items = 0] = rest;
    if (code === 'verdict-better')
      return t(
        '{0} is better than {1}: {2}; better in {3} and worse in {4} of {5} items.',
        a,
        b,
        mean,
        better,
        worse,
        items,
      );
    if (code === 'verdict-worse')
      return t(
        '{0} is worse than {1}: {2}; worse in {3} and better in {4} of {5} items.',
        a,
        b,
        mean,
        worse,
        better,
        items,
      );
    return t(
      '{0} is not shown to be better or worse than {1}: {2}; better in {3} and worse in {4} of {5} items.',
      a,
      b,
      mean,
      better,
      worse,
      items,
    );
  }
  const [size = NaN, least = NaN, most = NaN, better = 0, worse = 0, items = 0] = rest;
  const by = t('{0} [{1}, {2}]', amount(size), amount(least), amount(most));
  switch (code) {
    case 'verdict-better-typical-better':
      return t(
        '{0} is better than {1}: {2}, the typical item is better by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        better,
        items,
      );
    case 'verdict-better-typical-worse':
      return t(
        '{0} is better than {1} in the mean: {2}; but the typical item is worse by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        worse,
        items,
      );
    case 'verdict-better-typical-none':
      return t(
        '{0} is better than {1} in the mean: {2}; the typical item is not shown to be, and {3} of {4} items are.',
        a,
        b,
        mean,
        better,
        items,
      );
    case 'verdict-worse-typical-worse':
      return t(
        '{0} is worse than {1}: {2}, the typical item is worse by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        worse,
        items,
      );
    case 'verdict-worse-typical-better':
      return t(
        '{0} is worse than {1} in the mean: {2}; but the typical item is better by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        better,
        items,
      );
    case 'verdict-worse-typical-none':
      return t(
        '{0} is worse than {1} in the mean: {2}; the typical item is not shown to be, and {3} of {4} items are.',
        a,
        b,
        mean,
        worse,
        items,
      );
    case 'verdict-none-typical-worse':
      return t(
        '{0} is not shown to be better than {1}: {2}; but the typical item is worse by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        worse,
        items,
      );
    case 'verdict-none-typical-better':
      return t(
        '{0} is not shown to be better than {1} in the mean: {2}; but the typical item is better by {3}, and {4} of {5} items are.',
        a,
        b,
        mean,
        by,
        better,
        items,
      );
    default:
      return t(
        '{0} is not shown to be better or worse than {1}: {2}; {3} of {4} items are better and {5} worse.',
        a,
        b,
        mean,
        better,
        items,
        worse,
      );
  }
}
