import * as z from 'zod/mini';
import { t, tn } from '../../src/core/base/messages.ts';
import type { JobPanelState } from '../../src/protocol/jobPanel.ts';
import { LossChart } from '../charts/lossChart.ts';
import type { LossSeries, ReadOut, SeriesRole } from '../charts/lossSeries.ts';
import type { MetricColumns } from '../../src/core/training/curves/columns.ts';
import { button, choice, numberInput } from '../components.ts';
import { el, setAttribute, setChildren, setText, show } from '../dom.ts';
import { decimals, metric, NONE } from '../format.ts';
import { VirtualTable, type Column } from '../virtualTable.ts';
import { Placeholder } from './parts.ts';

type Measure = 'loss' | 'accuracy';

const METRIC_NAMES = [
  'train_loss',
  'valid_loss',
  'full_valid_loss',
  'train_mean_token_accuracy',
  'valid_mean_token_accuracy',
  'full_valid_mean_token_accuracy',
] as const;
type MetricName = (typeof METRIC_NAMES)[number];

/** State of the chart kept over a reload. Every field falls back on its own: a page of another version may have written it. */
const savedChart = z.object({
  measure: z.catch(z.enum(['loss', 'accuracy']), 'loss'),
  smoothing: z.catch(z.number().check(z.gte(0), z.lte(0.99)), 0.9),
  x: z.catch(z.nullable(z.object({ from: z.number(), to: z.number() })), null),
  yMin: z.catch(z.nullable(z.number()), null),
  yMax: z.catch(z.nullable(z.number()), null),
  table: z.catch(z.boolean(), false),
});
type ChartState = z.output<typeof savedChart>;

const SERIES: Readonly<Record<Measure, readonly { readonly role: SeriesRole; readonly key: MetricName }[]>> = {
  loss: [
    { role: 'train', key: 'train_loss' },
    { role: 'valid', key: 'valid_loss' },
    { role: 'full', key: 'full_valid_loss' },
  ],
  accuracy: [
    { role: 'train', key: 'train_mean_token_accuracy' },
    { role: 'valid', key: 'valid_mean_token_accuracy' },
    { role: 'full', key: 'full_valid_mean_token_accuracy' },
  ],
};

/** Name of a metric in the legend and in the head of the table. */
function nameOf(key: MetricName): string {
  switch (key) {
    case 'train_loss':
      return t('training loss');
    case 'valid_loss':
      return t('validation loss');
    case 'full_valid_loss':
      return t('full validation loss');
    case 'train_mean_token_accuracy':
      return t('training token accuracy');
    case 'valid_mean_token_accuracy':
      return t('validation token accuracy');
    case 'full_valid_mean_token_accuracy':
      return t('full validation token accuracy');
  }
}

/** Controls, loss chart, legend and the same figures as a table. */
export class JobChartSection {
  readonly element: HTMLElement;
  readonly #store: MetricColumns;
  readonly #save: (state: unknown) => void;
  readonly #chart: LossChart;
  readonly #measure = choice<Measure>(t('Measure'), (measure) => {
    // The two have different units: a y range typed for one would hide the other.
    this.#change({ measure, yMin: null, yMax: null });
  });
  readonly #slider = el('input', {
    attributes: { type: 'range', min: 0, max: 0.99, step: 0.01, 'aria-label': t('EMA smoothing') },
  });
  readonly #weight = el('output', { class: 'numeric' });
  readonly #yMin = numberInput(t('Lowest y'), '', () => {
    this.#readY();
  });
  readonly #yMax = numberInput(t('Highest y'), '', () => {
    this.#readY();
  });
  readonly #tableButton = button(t('Table'), 'secondary', () => {
    this.#change({ table: !this.#state.table });
  });
  readonly #legend = el('div', { class: 'legend' });
  readonly #note = el('span', { class: 'dim' });
  readonly #placeholder = new Placeholder();
  readonly #toolbar: HTMLElement;
  readonly #plot: HTMLElement;
  readonly #tablePlace = el('div', { class: 'table-place' });
  #table: { readonly columns: string; readonly view: VirtualTable<number> } | null = null;
  #state: ChartState;
  #job: JobPanelState | null = null;
  #reading: readonly ReadOut[] | null = null;
  #outside = 0;

  constructor(store: MetricColumns, saved: unknown, save: (state: unknown) => void) {
    this.#store = store;
    this.#save = save;
    this.#state = savedChart.safeParse(saved ?? {}).data ?? savedChart.parse({});
    this.#chart = new LossChart({
      onZoom: (x) => {
        this.#change({ x });
      },
      onHover: (reading) => {
        this.#reading = reading;
        this.#drawLegend();
      },
      onDraw: ({ y, outside }) => {
        this.#yMin.setPlaceholder(metric(y.from));
        this.#yMax.setPlaceholder(metric(y.to));
        this.#outside = outside;
        this.#drawNote();
      },
    });
    this.#slider.addEventListener('input', () => {
      this.#change({ smoothing: Number(this.#slider.value) });
    });
    const reset = button(t('Reset'), 'secondary', () => {
      this.#change({ x: null, yMin: null, yMax: null });
    });
    this.#plot = el('div', { class: 'plot' }, [
      this.#chart.element,
      el('div', { class: 'below-chart' }, [this.#legend, this.#note]),
    ]);
    this.#toolbar = el('div', { class: 'toolbar' }, [
      this.#measure.element,
      el('label', { class: 'control' }, [el('span', {}, [t('EMA smoothing')]), this.#slider, this.#weight]),
      el('span', { class: 'grow' }),
      el('span', { class: 'control' }, [
        el('span', {}, [t('y from')]),
        this.#yMin.element,
        el('span', {}, [t('to')]),
        this.#yMax.element,
      ]),
      reset.element,
      this.#tableButton.element,
    ]);
    this.element = el('section', { attributes: { 'aria-label': t('Metrics') } }, [
      this.#toolbar,
      this.#placeholder.element,
      this.#plot,
      this.#tablePlace,
    ]);
  }

  update(job: JobPanelState): void {
    this.#job = job;
    this.#render();
  }

  #change(change: Partial<ChartState>): void {
    this.#state = { ...this.#state, ...change };
    this.#save(this.#state);
    this.#render();
  }

  /** Reads the bounds; an empty field takes them from the data. Text that is no number is put back. */
  #readY(): void {
    const yMin = parseBound(this.#yMin.value());
    const yMax = parseBound(this.#yMax.value());
    this.#change({
      yMin: yMin === undefined ? this.#state.yMin : yMin,
      yMax: yMax === undefined ? this.#state.yMax : yMax,
    });
  }

  #render(): void {
    const job = this.#job;
    if (!job) return;
    const { measure, smoothing, table } = this.#state;
    const series = this.#series();
    const empty = series.every((entry) => entry.series.length === 0);

    this.#measure.setOptions(
      [
        { value: 'loss', label: t('Loss') },
        { value: 'accuracy', label: t('Token accuracy') },
      ],
      measure,
    );
    this.#slider.value = String(smoothing);
    setAttribute(this.#slider, 'aria-valuetext', decimals(smoothing, 2));
    setText(this.#weight, decimals(smoothing, 2));
    this.#yMin.setValue(this.#state.yMin === null ? '' : String(this.#state.yMin));
    this.#yMax.setValue(this.#state.yMax === null ? '' : String(this.#state.yMax));
    this.#tableButton.setPressed(table);

    this.#placeholder.set(empty ? waitingText(job, measure, this.#store.length > 0) : null);
    show(this.#plot, !empty);
    // Nothing to smooth, to zoom or to list.
    show(this.#toolbar, this.#store.length > 0);
    this.#chart.setData(series, job.checkpoints);
    this.#chart.setView(this.#state);
    this.#drawLegend();
    this.#drawNote();
    this.#drawTable();
  }

  #series(): readonly LossSeries[] {
    return SERIES[this.#state.measure].map(({ role, key }) => ({
      role,
      label: nameOf(key),
      series: this.#store.series(key),
    }));
  }

  #drawLegend(): void {
    const entries = this.#series().filter(({ series }) => series.length > 0);
    const items = entries.map(({ role, label, series }) => {
      const reading = this.#reading?.find((entry) => entry.role === role);
      const raw = reading?.raw ?? series.ys[series.length - 1] ?? 0;

      return el('span', { class: 'key' }, [
        el('span', { class: `mark ${role}`, attributes: { 'aria-hidden': 'true' } }),
        `${label} `,
        el('span', { class: 'numeric' }, [this.#readingText(role, raw, reading)]),
      ]);
    });
    const step = this.#reading?.find((entry) => entry.role === 'train')?.step;
    if (step !== undefined) items.push(el('span', { class: 'dim numeric' }, [t('step {0}', step)]));
    setChildren(this.#legend, items);
  }

  #readingText(role: SeriesRole, raw: number, reading: ReadOut | undefined): string {
    if (!reading) return metric(raw);
    if (role === 'full') return t('{0} at step {1}', metric(raw), reading.step);
    return this.#state.smoothing > 0 ? t('{0} (smoothed {1})', metric(raw), metric(reading.smoothed)) : metric(raw);
  }

  #drawNote(): void {
    const hint = t('drag to zoom · wheel · double-click resets');
    const outside = tn(this.#outside, '{0} point outside the y range', '{0} points outside the y range');
    setText(this.#note, this.#outside > 0 ? `${outside} · ${hint}` : hint);
  }

  #drawTable(): void {
    const shown = this.#state.table && this.#store.length > 0;
    show(this.#tablePlace, shown);
    if (!shown) return;
    const keys = METRIC_NAMES.filter((key) => this.#store.series(key).length > 0);
    const signature = keys.join();
    if (this.#table?.columns !== signature) {
      const columns: Column<number>[] = [
        { title: t('step'), kind: 'number', cell: (index) => this.#store.stepAt(index) },
        ...keys.map((key): Column<number> => ({
          title: nameOf(key),
          kind: 'number',
          cell: (index) => {
            const value = this.#store.valueAt(key, index);
            return Number.isNaN(value) ? NONE : decimals(value, 4);
          },
        })),
      ];
      const view = new VirtualTable<number>({ label: t('Metrics by step'), columns });
      this.#table = { columns: signature, view };
      this.#tablePlace.replaceChildren(view.element);
    }
    this.#table.view.setRows(this.#store.length, (index) => index);
    this.#table.view.refresh();
  }
}

/** undefined: not a number. */
function parseBound(text: string): number | null | undefined {
  const trimmed = text.trim().replace('−', '-').replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

function waitingText(job: JobPanelState, measure: Measure, hasOther: boolean): string {
  if (hasOther)
    return measure === 'accuracy' ? t('This job reports no token accuracy.') : t('This job reports no loss.');
  switch (job.status) {
    case 'validating_files':
      return t('The files are being checked. The curve starts with the first step of training.');
    case 'queued':
      return t('The job is waiting for its turn. The curve starts with the first step of training.');
    case 'running':
      return t('Training has begun. The curve starts with the first step that is reported.');
    case 'failed':
      return t('The job failed before its first step: there is no curve.');
    case 'cancelled':
      return t('The job was canceled before its first step: there is no curve.');
    case 'succeeded':
      return t('The job reported no metrics.');
    default:
      return t('No step has been reported yet.');
  }
}
