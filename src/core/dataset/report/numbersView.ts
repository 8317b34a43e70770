import { shortNumber } from '../../base/numbers.ts';
import { t, tn } from '../../base/messages.ts';
import type { RowLines } from './rowLines.ts';
import type { DatasetStatistics } from './statistics.ts';
import type { Figure, NumbersView } from './types.ts';

const MARKS = ['smallest', 'median', 'p95', 'largest'] as const;

/** View of the answers as numbers; null when they are not numbers. */
export function numbersOf(
  { answerNumbers }: Pick<DatasetStatistics, 'answerNumbers'>,
  figure: (id: string, title: string, rows: RowLines) => Figure,
): NumbersView | null {
  if (answerNumbers === null) return null;
  const { scale, rule, bars, without } = answerNumbers;
  const labels = {
    smallest: t('Smallest'),
    median: t('Median'),
    p95: t('Upper 5%'),
    largest: t('Largest'),
  };
  const title = {
    smallest: (value: string) => t('Smallest number: {0}', value),
    median: (value: string) => t('Median of the numbers: {0}', value),
    p95: (value: string) => t('Number {0} or more', value),
    largest: (value: string) => t('Largest number: {0}', value),
  };
  const ruleText =
    rule === 'freedman-diaconis'
      ? tn(bars.length, '{0} bar, by the Freedman–Diaconis rule', '{0} bars, by the Freedman–Diaconis rule')
      : tn(
          bars.length,
          '{0} bar, by Sturges’ rule because half of the numbers are the same',
          '{0} bars, by Sturges’ rule because half of the numbers are the same',
        );
  return {
    histogram: {
      scale,
      marks: MARKS.map((mark) => {
        const { value, rows } = answerNumbers[mark];
        return { label: labels[mark], value, figure: figure(`numbers.${mark}`, title[mark](shortNumber(value)), rows) };
      }),
      bars: bars.map(({ from, to, rows }, index) => ({
        from,
        to,
        figure: figure(
          `numbers.bar.${String(index)}`,
          t('Answers from {0} to below {1}', shortNumber(from), shortNumber(to)),
          rows,
        ),
      })),
    },
    rule:
      scale === 'log' ? t('{0}, on a logarithmic axis because the numbers are skewed.', ruleText) : t('{0}.', ruleText),
    without: figure('numbers.without', t('Answers without a number'), without),
  };
}
