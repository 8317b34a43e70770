// Histograms of the report: lengths of examples and answers, and the answers as numbers.
import { t, tn } from '../../src/core/base/messages.ts';
import { shortNumber } from '../../src/core/base/numbers.ts';
import { rangeText } from '../../src/core/dataset/report/rangeText.ts';
import type { NumbersView } from '../../src/core/dataset/report/types.ts';
import { el, setChildren, show } from '../dom.ts';
import { HistogramSection } from './histogramSection.ts';
import { figureLink, type Post } from './reportParts.ts';

interface Shown {
  readonly tokensTable: boolean;
  readonly answersTable: boolean;
}

export function lengthSections(post: Post, shown: Shown, change: (part: Partial<Shown>) => void) {
  const common = {
    post,
    unit: t('tokens'),
    range: rangeText,
    note: (examples: number, range: string) =>
      tn(examples, '{1} tokens: {0} example', '{1} tokens: {0} examples', range),
  };
  const tokens = new HistogramSection({
    ...common,
    title: t('Tokens per example'),
    empty: t('No example could be counted.'),
    showAs: (asTable) =>
      asTable ? t('Tokens per example: show as a table') : t('Tokens per example: show as a chart'),
    describe: (examples, marks) =>
      tn(
        examples,
        'Histogram of tokens per example: {0} example, {1}. The table has the same figures.',
        'Histogram of tokens per example: {0} examples, {1}. The table has the same figures.',
        marks,
      ),
    table: shown.tokensTable,
    onTable: (tokensTable) => {
      change({ tokensTable });
    },
  });
  const answers = new HistogramSection({
    ...common,
    title: t('Tokens per answer'),
    empty: t('The rows have no answers.'),
    showAs: (asTable) => (asTable ? t('Tokens per answer: show as a table') : t('Tokens per answer: show as a chart')),
    describe: (examples, marks) =>
      tn(
        examples,
        'Histogram of tokens per answer: {0} example, {1}. The table has the same figures.',
        'Histogram of tokens per answer: {0} examples, {1}. The table has the same figures.',
        marks,
      ),
    table: shown.answersTable,
    onTable: (answersTable) => {
      change({ answersTable });
    },
  });
  return { tokens, answers };
}

/** Answers as numbers; absent for other answers. */
export class NumbersSection {
  readonly element: HTMLElement;
  readonly #post: Post;
  readonly #histogram: HistogramSection;
  readonly #rule = el('p', { class: 'caption dim' });

  constructor(post: Post) {
    this.#post = post;
    this.#histogram = new HistogramSection({
      post,
      title: t('Answers as numbers'),
      empty: '',
      unit: t('number in the answer'),
      range: (from, to) => t('{0} to below {1}', shortNumber(from), shortNumber(to)),
      note: (examples, range) => tn(examples, '{1}: {0} example', '{1}: {0} examples', range),
      mark: shortNumber,
      showAs: () => '',
      describe: (examples, marks) =>
        tn(
          examples,
          'Histogram of the numbers in the answers: {0} example, {1}. The table beside it has the same figures.',
          'Histogram of the numbers in the answers: {0} examples, {1}. The table beside it has the same figures.',
          marks,
        ),
      table: null,
      caption: this.#rule,
      onTable: () => undefined,
    });
    this.element = this.#histogram.element;
    show(this.element, false);
  }

  update(numbers: NumbersView | null): void {
    show(this.element, numbers !== null);
    this.#histogram.update(numbers?.histogram ?? null);
    if (numbers === null) return;
    const { rule, without } = numbers;
    setChildren(
      this.#rule,
      without.count === 0
        ? [rule]
        : [
            rule,
            ' ',
            figureLink(
              this.#post,
              without,
              tn(without.count, '{0} answer has no number.', '{0} answers have no number.'),
            ),
          ],
    );
  }
}
