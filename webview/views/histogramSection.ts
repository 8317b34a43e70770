import { t, tn } from '../../src/core/base/messages.ts';
import { rangeText } from '../../src/core/dataset/report/rangeText.ts';
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
  /** Whether the table is shown in place of the chart. */
  readonly table: boolean;
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
  readonly #tablePlace = el('div', { class: 'histogram-table' });
  #histogram: HistogramView | null = null;
  #table: boolean;

  constructor(options: Options) {
    this.#options = options;
    this.#table = options.table;
    this.#chart = new HistogramChart(t('tokens'), {
      onOpen: (bar) => {
        const figure = this.#histogram?.bars[bar]?.figure.id;
        if (figure !== undefined) options.post({ type: 'showFigure', figure });
      },
      onHover: (bar) => {
        this.#drawNote(bar);
      },
    });
    this.#toggle = linkButton(t('Table'), () => {
      this.#table = !this.#table;
      options.onTable(this.#table);
      this.#render();
    });
    this.#plot = el('div', {}, [this.#chart.element]);
    this.element = el('section', { attributes: { 'aria-label': options.title } }, [
      el('h2', {}, [el('span', {}, [options.title]), this.#toggle]),
      this.#placeholder.element,
      this.#plot,
      this.#tablePlace,
      el('div', { class: 'below-chart' }, [this.#marks, this.#note]),
    ]);
  }

  update(histogram: HistogramView | null): void {
    this.#histogram = histogram;
    this.#render();
  }

  #render(): void {
    const histogram = this.#histogram;
    const { title, empty, post, showAs, describe } = this.#options;
    this.#placeholder.set(histogram === null ? empty : null);
    show(this.#toggle, histogram !== null);
    setText(this.#toggle, this.#table ? t('Chart') : t('Table'));
    setAttribute(this.#toggle, 'aria-label', showAs(!this.#table));
    show(this.#plot, histogram !== null && !this.#table);
    show(this.#tablePlace, histogram !== null && this.#table);
    setChildren(this.#marks, histogram === null ? [] : [marksLine(post, histogram.marks)]);
    this.#drawNote(null);
    if (histogram === null) return;
    const all = histogram.bars.reduce((sum, { figure }) => sum + figure.count, 0);
    const marks = histogram.marks.map(({ label, value }) => `${label} ${count(value)}`).join(', ');
    this.#chart.setData(histogram.bars, describe(all, marks));
    const rows = histogram.bars
      .filter(({ figure }) => figure.count > 0)
      .map(({ from, to, figure }) => [rangeText(from, to), figureLink(post, figure)]);
    setChildren(this.#tablePlace, [
      table(title, [{ title: t('tokens') }, { title: t('examples'), number: true }], rows),
    ]);
  }

  #drawNote(bar: number | null): void {
    const shown = bar === null ? undefined : this.#histogram?.bars[bar];
    setText(
      this.#note,
      shown === undefined
        ? ''
        : tn(
            shown.figure.count,
            '{1} tokens: {0} example',
            '{1} tokens: {0} examples',
            rangeText(shown.from, shown.to),
          ),
    );
  }
}
