import { t } from '../../src/core/base/messages.ts';
import type { HistogramView } from '../../src/core/dataset/report/types.ts';
import { HistogramChart } from '../charts/histogramChart.ts';
import { linkButton } from '../components.ts';
import { el, setAttribute, setChildren, setText, show } from '../dom.ts';
import { count } from '../../src/core/base/numbers.ts';
import { figureLink, marksLine, table, type Post } from './reportParts.ts';
import { Placeholder } from './parts.ts';

interface Options {
  readonly title: string;
  /** Words for a chart that has nothing to draw. */
  readonly empty: string;
  readonly post: Post;
  /** Label of the button, by whether it leads to the table. */
  readonly showAs: (table: boolean) => string;
  /** The chart in a sentence: how many examples, and the marks. */
  readonly describe: (examples: number, marks: string) => string;
  /** Unit of the values, the title of the axis and of the table's first column. */
  readonly unit: string;
  /** A bar in words, `to` exclusive. */
  readonly range: (from: number, to: number) => string;
  /** The bar under the mouse in words. */
  readonly note: (examples: number, range: string) => string;
  /** A key figure in words; default: a whole number. */
  readonly mark?: (value: number) => string;
  /** Whether the table is shown in place of the chart; null: beside it. */
  readonly table: boolean | null;
  /** Text under the chart. */
  readonly caption?: HTMLElement;
  readonly onTable: (shown: boolean) => void;
}

/** Lengths of examples or answers: the picture, its key figures, and the same as a table. */
export class HistogramSection {
  readonly element: HTMLElement;
  readonly #options: Options;
  readonly #chart: HistogramChart;
  readonly #toggle: HTMLButtonElement;
  readonly #placeholder = new Placeholder();
  readonly #marks = el('div');
  readonly #note = el('span', { class: 'dim numeric' });
  readonly #plot: HTMLElement;
  readonly #below = el('div', { class: 'below-chart' }, [this.#marks, this.#note]);
  readonly #tablePlace = el('div', { class: 'histogram-table' });
  #histogram: HistogramView | null = null;
  #table: boolean | null;

  constructor(options: Options) {
    this.#options = options;
    this.#table = options.table;
    this.#chart = new HistogramChart(options.unit, {
      onOpen: (bar) => {
        const figure = this.#histogram?.bars[bar]?.figure.id;
        if (figure !== undefined) options.post({ type: 'showFigure', figure });
      },
      onHover: (bar) => {
        this.#drawNote(bar);
      },
    });
    this.#toggle = linkButton(t('Table'), () => {
      const shown = this.#table !== true;
      this.#table = shown;
      options.onTable(shown);
      this.#render();
    });
    this.#plot = el('div', {}, [this.#chart.element]);
    this.element = el('section', { attributes: { 'aria-label': options.title } }, [
      el('h2', {}, [el('span', {}, [options.title]), this.#toggle]),
      this.#placeholder.element,
      ...(options.table === null
        ? [
            el('div', { class: 'halves beside' }, [
              el('div', {}, [this.#plot, this.#below, options.caption ?? null]),
              this.#tablePlace,
            ]),
          ]
        : [this.#plot, this.#tablePlace, this.#below]),
    ]);
  }

  update(histogram: HistogramView | null): void {
    this.#histogram = histogram;
    this.#render();
  }

  #render(): void {
    const histogram = this.#histogram;
    const { title, empty, post, showAs, describe, unit, range, mark = count } = this.#options;
    this.#placeholder.set(histogram === null ? empty : null);
    const asTable = this.#table === true;
    show(this.#toggle, histogram !== null && this.#table !== null);
    setText(this.#toggle, asTable ? t('Chart') : t('Table'));
    setAttribute(this.#toggle, 'aria-label', showAs(!asTable));
    show(this.#plot, histogram !== null && !asTable);
    show(this.#tablePlace, histogram !== null && this.#table !== false);
    setChildren(this.#marks, histogram === null ? [] : [marksLine(post, histogram.marks, this.#options.mark)]);
    this.#drawNote(null);
    if (histogram === null) return;
    const all = histogram.bars.reduce((sum, { figure }) => sum + figure.count, 0);
    const marks = histogram.marks.map(({ label, value }) => `${label} ${mark(value)}`).join(', ');
    this.#chart.setData(histogram, describe(all, marks));
    const rows = histogram.bars
      .filter(({ figure }) => figure.count > 0)
      .map(({ from, to, figure }) => [range(from, to), figureLink(post, figure)]);
    setChildren(this.#tablePlace, [table(title, [{ title: unit }, { title: t('examples'), number: true }], rows)]);
  }

  #drawNote(bar: number | null): void {
    const shown = bar === null ? undefined : this.#histogram?.bars[bar];
    setText(
      this.#note,
      shown === undefined ? '' : this.#options.note(shown.figure.count, this.#options.range(shown.from, shown.to)),
    );
  }
}
