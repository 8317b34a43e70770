import { t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import { labelFigures } from '../../src/core/evaluation/comparison/labels.ts';
import { linkButton } from '../components.ts';
import { el, setChildren, type Child } from '../dom.ts';
import { percent } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { confusionItems } from './pictureData.ts';

/** More pairs than this are a list, not a picture. */
const MAX_PAIRS = 20;

type OnSelect = (items: ReadonlySet<number>, text: string) => void;

/** Which labels are taken for which: a matrix with precision and recall where there are few labels, else the most frequent mistakes. */
export class ConfusionTable {
  readonly element = el('div', { class: 'scroll' });
  readonly #onSelect: OnSelect;
  #drawn = '';

  constructor(onSelect: OnSelect) {
    this.#onSelect = onSelect;
  }

  /** Returns the caption. */
  update(model: EvaluationModel, contestant: string, labels: readonly string[] | null): string {
    return labels === null ? this.#list(model, contestant) : this.#matrix(model, contestant, labels);
  }

  #matrix(model: EvaluationModel, contestant: string, labels: readonly string[]): string {
    const cells = confusionItems(model, contestant, labels);
    const caption = t('Rows are the expected answers, columns what was answered. A number shows its rows.');
    const counts = cells.map((line) => line.map((items) => items.length));
    // The focus stays in the matrix while nothing changes.
    const signature = JSON.stringify([contestant, labels, counts]);
    if (signature === this.#drawn) return caption;
    this.#drawn = signature;
    const figures = labelFigures({ labels, counts });
    const hasOther = counts.some((line) => (line.at(-1) ?? 0) > 0);
    const columns = [...labels, ...(hasOther ? [t('another answer')] : [])];
    const largest = Math.max(1, ...counts.flat());
    const head = (text: string, kind: string): HTMLElement =>
      el('th', { class: kind, attributes: { scope: 'col', title: visibleLine(text) } }, [
        el('span', {}, [visibleLine(text)]),
      ]);
    setChildren(this.element, [
      el('table', { class: 'matrix', attributes: { 'aria-label': t('Confusion matrix') } }, [
        el('thead', {}, [
          el('tr', {}, [
            el('th', { attributes: { scope: 'col' } }, [t('expected')]),
            ...columns.map((label) => head(label, 'number')),
            head(t('precision'), 'number'),
            head(t('recall'), 'number'),
          ]),
        ]),
        el(
          'tbody',
          {},
          labels.map((label, row) =>
            el('tr', {}, [
              el('th', { attributes: { scope: 'row', title: visibleLine(label) } }, [visibleLine(label)]),
              ...columns.map((given, column) =>
                this.#cell(cells[row]?.[column] ?? [], largest, row === column, label, given),
              ),
              el('td', { class: 'number' }, [percent(figures[row]?.precision)]),
              el('td', { class: 'number' }, [percent(figures[row]?.recall)]),
            ]),
          ),
        ),
      ]),
    ]);
    return caption;
  }

  #cell(items: readonly number[], largest: number, isRight: boolean, truth: string, given: string): HTMLElement {
    const cell = el('td', { class: isRight ? 'number right' : 'number' }, [
      items.length === 0
        ? el('span', { class: 'dim' }, ['·'])
        : this.#link(items, t('expected “{0}”, answered “{1}”', visibleLine(truth), visibleLine(given))),
    ]);
    cell.style.setProperty('--share', String(Math.round((items.length / largest) * 100)));
    return cell;
  }

  #link(items: readonly number[], text: string): HTMLElement {
    const link = linkButton(count(items.length), () => {
      this.#onSelect(new Set(items), tn(items.length, '{0} row: {1}', '{0} rows: {1}', text));
    });
    link.setAttribute('aria-label', tn(items.length, '{0} row: {1}', '{0} rows: {1}', text));
    return link;
  }

  #list(model: EvaluationModel, contestant: string): string {
    const pairs = model.confusions(contestant);
    this.#drawn = '';
    const rows: Child[] = pairs
      .slice(0, MAX_PAIRS)
      .map(({ truth, guess, items }) =>
        el('tr', {}, [
          el('td', {}, [visibleLine(truth)]),
          el('td', {}, [visibleLine(guess)]),
          el('td', { class: 'number' }, [
            this.#link(items, t('expected “{0}”, answered “{1}”', visibleLine(truth), visibleLine(guess))),
          ]),
        ]),
      );
    const head = (text: string, kind = ''): HTMLElement =>
      el('th', { class: kind, attributes: { scope: 'col' } }, [text]);
    setChildren(
      this.element,
      pairs.length === 0
        ? []
        : [
            el('table', { attributes: { 'aria-label': t('Most confused answers') } }, [
              el('thead', {}, [el('tr', {}, [head(t('truth')), head(t('answered')), head(t('rows'), 'number')])]),
              el('tbody', {}, rows),
            ]),
          ],
    );
    if (pairs.length > MAX_PAIRS) return tn(pairs.length - MAX_PAIRS, 'and {0} rarer pair', 'and {0} rarer pairs');
    if (pairs.length > 0) return '';
    return model.tally(contestant).classes.all === 0 ? t('Nothing answered yet.') : t('Every answer matches so far.');
  }
}
