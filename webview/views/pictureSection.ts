import * as z from 'zod/mini';
import { t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import { DifferenceChart } from '../charts/differenceChart.ts';
import { ErrorHistogram, type ErrorBar } from '../charts/errorHistogram.ts';
import { RunningChart } from '../charts/runningChart.ts';
import { ScatterChart } from '../charts/scatterChart.ts';
import { button, choice } from '../components.ts';
import { el, setAttribute, setChildren, setText, show, type Child } from '../dom.ts';
import { figure, percent, unitOf } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import { ConfusionTable } from './confusionTable.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { differenceValue, metricTitle } from './metricWords.ts';
import { heading, Placeholder } from './parts.ts';
import { errorBars, runningFigure, scatterPoints } from './pictureData.ts';
import { pictureTable } from './pictureTables.ts';
import { colourMeaning, guessText, truthText } from './rowCells.ts';
import type { Selection } from './rowsSection.ts';
import { labelsOf, type Pair, type RunJudgment } from './runJudgment.ts';

export const PICTURES = ['scatter', 'differences', 'errors', 'running', 'confusion'] as const;
export type Picture = (typeof PICTURES)[number];

const savedPicture = z.object({
  picture: z.catch(z.nullable(z.enum(PICTURES)), null),
  table: z.catch(z.boolean(), false),
});

interface Listeners {
  readonly onOpen: (item: number) => void;
  readonly onSelect: (selection: Selection | null) => void;
  readonly save: (state: unknown) => void;
}

/** The pictures of the shown contestant and the one that it is compared with, one at a time; each also as a table. */
export class PictureSection {
  readonly element: HTMLElement;
  readonly #listeners: Listeners;
  readonly #heading = heading('h2', t('Picture'));
  readonly #choice = choice<Picture>(t('Picture'), (picture) => {
    this.#change({ picture });
  });
  readonly #asTable = button(t('Table'), 'secondary', () => {
    this.#change({ table: !this.#state.table });
  });
  readonly #title = el('p', { class: 'chart-title' });
  readonly #caption = el('div', { class: 'dim caption' });
  readonly #placeholder = new Placeholder();
  readonly #table = el('div', { class: 'picture-table' });
  readonly #scatter: ScatterChart;
  readonly #differences: DifferenceChart;
  readonly #errors: ErrorHistogram;
  readonly #running: RunningChart;
  readonly #confusion: ConfusionTable;
  #state: z.output<typeof savedPicture>;
  #model: EvaluationModel | null = null;
  #pair: Pair = { a: '', b: null };
  #judgment: RunJudgment | null = null;
  #selection: Selection | null = null;

  constructor(saved: unknown, listeners: Listeners) {
    this.#listeners = listeners;
    this.#state = savedPicture.safeParse(saved ?? {}).data ?? savedPicture.parse({});
    const select = (items: ReadonlySet<number> | null): void => {
      const { size } = items ?? new Set<number>();
      listeners.onSelect(
        items === null || size === 0
          ? null
          : { items, text: tn(size, '{0} row is selected in the picture.', '{0} rows are selected in the picture.') },
      );
    };
    const tell = (item: number): readonly string[] => this.#tell(item);
    this.#scatter = new ScatterChart({ onOpen: listeners.onOpen, onSelect: select, tell });
    this.#differences = new DifferenceChart({ onOpen: listeners.onOpen, onSelect: select, tell });
    this.#errors = new ErrorHistogram({ onSelect: select, tell: (bar) => this.#tellBar(bar) });
    this.#running = new RunningChart(({ n, value, low, high }) => [
      tn(n, 'first {0} row', 'first {0} rows'),
      t('{0} [{1}, {2}]', this.#write(value), this.#write(low), this.#write(high)),
    ]);
    this.#confusion = new ConfusionTable((items, text) => {
      listeners.onSelect({ items, text });
    });
    this.element = el('section', { class: 'picture' }, [
      this.#heading.element,
      el('div', { class: 'toolbar' }, [this.#choice.element, this.#asTable.element]),
      this.#title,
      this.#placeholder.element,
      this.#scatter.element,
      this.#differences.element,
      this.#errors.element,
      this.#running.element,
      this.#confusion.element,
      this.#caption,
      this.#table,
    ]);
  }

  update(model: EvaluationModel, pair: Pair, judgment: RunJudgment | null, selection: Selection | null): void {
    this.#model = model;
    this.#pair = pair;
    this.#judgment = judgment;
    this.#selection = selection;
    const offered = offeredPictures(model, pair);
    const picture = offered.find((one) => one === this.#state.picture) ?? offered[0] ?? 'scatter';
    this.#choice.setOptions(
      offered.map((value) => ({ value, label: pictureTitle(value, model) })),
      picture,
    );
    const title = pictureTitle(picture, model);
    setAttribute(this.element, 'aria-label', title);
    setText(this.#heading.element.firstElementChild ?? this.#heading.element, title);
    setText(this.#heading.note, visibleLine(model.labelOf(pair.a)));
    const charts = {
      scatter: this.#scatter.element,
      differences: this.#differences.element,
      errors: this.#errors.element,
      running: this.#running.element,
      confusion: this.#confusion.element,
    };
    const { hasData, caption, chartTitle = '', empty } = this.#draw(picture, model);
    for (const one of PICTURES) show(charts[one], one === picture && hasData);
    this.#placeholder.set(hasData ? null : empty);
    setText(this.#title, chartTitle);
    show(this.#title, hasData && chartTitle !== '');
    setChildren(this.#caption, hasData ? caption : []);
    const tabled = picture === 'differences' || picture === 'errors' || picture === 'running' ? picture : null;
    this.#asTable.setShown(tabled !== null && hasData);
    this.#asTable.setPressed(this.#state.table);
    const isTable = tabled !== null && hasData && this.#state.table;
    show(this.#table, isTable);
    if (isTable) setChildren(this.#table, [pictureTable(tabled, this.#tableData(model))]);
  }

  #tableData(model: EvaluationModel) {
    const { a, b } = this.#pair;
    return {
      model,
      pair: this.#pair,
      differences: this.#judgment?.differences ?? [],
      bars: errorBars(model, a, b),
      running: runningFigure(model, a),
      onOpen: this.#listeners.onOpen,
      onBar: (bar: ErrorBar) => {
        this.#listeners.onSelect({ items: new Set(bar.items), text: this.#tellBar(bar).join(', ') });
      },
    };
  }

  #change(change: Partial<z.output<typeof savedPicture>>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.save(this.#state);
    if (this.#model) this.update(this.#model, this.#pair, this.#judgment, this.#selection);
  }

  #write(value: number): string {
    return this.#model?.state.run.grader === 'number' ? figure(value) : percent(value);
  }

  #draw(
    picture: Picture,
    model: EvaluationModel,
  ): {
    readonly hasData: boolean;
    readonly caption: readonly Child[];
    readonly chartTitle?: string;
    readonly empty: string;
  } {
    const { a, b } = this.#pair;
    const selected = this.#selection?.items ?? null;
    const unit = unitOf(model.state.run.answerPrefix);
    const numeric = model.state.run.grader === 'number';
    const empty = t('The picture starts with the first rows that both have.');
    switch (picture) {
      case 'scatter': {
        const points = scatterPoints(model, a);
        const metrics = this.#judgment?.summaries.find(({ contestant }) => contestant === a)?.metrics ?? {};
        const chartTitle = t(
          '{0} Error={1} RMSLE={2} Hits={3}',
          visibleLine(model.labelOf(a)),
          `${unit}${figure(metrics.mae?.value)}`,
          figure(metrics.rmsle?.value),
          percent(metrics.hits?.value),
        );
        this.#scatter.setData(points, selected, chartTitle);
        return {
          hasData: points.length > 0,
          caption: scatterCaption(model, a, unit),
          chartTitle,
          empty: t('The picture starts with the first reply that holds a number.'),
        };
      }
      case 'differences': {
        const rows = this.#judgment?.differences ?? [];
        const other = b === null ? '' : visibleLine(model.labelOf(b));
        const own = visibleLine(model.labelOf(a));
        this.#differences.setData(rows, selected, {
          x: t('rows, sorted'),
          y: unit === '' ? t('error less error of {0}', other) : t('error less error of {0}, {1}', other, unit),
        });
        const better = rows.filter(({ value }) => value < 0).length;
        const worse = rows.filter(({ value }) => value > 0).length;
        return {
          hasData: rows.length > 0,
          caption: [
            legend([
              { mark: 'less', text: tn(better, '{0} row where {1} is nearer', '{0} rows where {1} is nearer', own) },
              { mark: 'more', text: tn(worse, '{0} row where {1} is nearer', '{0} rows where {1} is nearer', other) },
            ]),
          ],
          empty,
        };
      }
      case 'errors': {
        const bars = errorBars(model, a, b);
        this.#errors.setData(bars, selected, {
          title: unit === '' ? t('error') : t('error, {0}', unit),
          hasOthers: b !== null,
        });
        return {
          hasData: bars.length > 0,
          caption: [
            legend([
              { mark: 'less', text: visibleLine(model.labelOf(a)) },
              ...(b === null ? [] : [{ mark: 'line', text: visibleLine(model.labelOf(b)) }]),
            ]),
            bars.at(-1)?.to === Infinity ? t('The last bar holds all larger errors.') : '',
          ],
          empty: t('The picture starts with the first reply that holds a number.'),
        };
      }
      case 'running': {
        const points = runningFigure(model, a);
        const title = metricTitle(numeric ? 'mae' : 'accuracy', unit);
        this.#running.setData(points, title);
        return {
          hasData: points.length > 1,
          caption: [
            el('strong', {}, [t('Not for stopping by eye.')]),
            ` ${t('The dashed band holds for one look at one place. Read again and again, it shows differences that are not there in one run of five.')}`,
          ],
          empty: t('The picture starts with the second row.'),
        };
      }
      case 'confusion': {
        const caption = this.#confusion.update(model, a, labelsOf(model));
        return { hasData: true, caption: [caption], empty: '' };
      }
    }
  }

  #tell(item: number): readonly string[] {
    const model = this.#model;
    const { a, b } = this.#pair;
    const row = model?.row(a, item);
    if (!model || !row) return [];
    const other = b === null ? undefined : model.row(b, item);
    return [
      visibleLine(model.item(item)?.title ?? ''),
      t('truth {0}', truthText(row)),
      `${visibleLine(model.labelOf(a))} ${guessText(row)}`,
      ...(other ? [`${visibleLine(model.labelOf(other.contestant))} ${guessText(other)}`] : []),
      ...(row.error === null ? [] : [t('error {0}', figure(row.error))]),
      ...(row.error !== null && other?.error !== null && other?.error !== undefined
        ? [t('change {0}', differenceValue('mae', row.error - other.error))]
        : []),
    ];
  }

  #tellBar({ from, to, items }: ErrorBar): readonly string[] {
    const range = Number.isFinite(to)
      ? t('errors from {0} to {1}', figure(from), figure(to))
      : t('errors from {0}', figure(from));
    return [range, tn(items.length, '{0} row', '{0} rows')];
  }
}

export function pictureTitle(picture: Picture, model: EvaluationModel): string {
  switch (picture) {
    case 'scatter':
      return t('Truth and estimate');
    case 'differences':
      return t('Differences');
    case 'errors':
      return t('Errors');
    case 'running':
      return model.state.run.grader === 'number' ? t('Running error') : t('Running accuracy');
    case 'confusion':
      return labelsOf(model) === null ? t('Most confused') : t('Confusion');
  }
}

export function offeredPictures(model: EvaluationModel, { b }: Pair): readonly Picture[] {
  if (model.state.run.grader !== 'number') return ['confusion', 'running'];
  return b === null ? ['scatter', 'errors', 'running'] : ['scatter', 'differences', 'errors', 'running'];
}

function legend(entries: readonly { readonly mark: string; readonly text: string }[]): HTMLElement {
  return el(
    'div',
    { class: 'legend' },
    entries.map(({ mark, text }) =>
      el('span', { class: 'key' }, [
        el('span', { class: `mark ${mark}`, attributes: { 'aria-hidden': 'true' } }),
        text,
      ]),
    ),
  );
}

function scatterCaption(model: EvaluationModel, contestant: string, unit: string): readonly Child[] {
  const { classes } = model.tally(contestant);
  const silent = classes['no-number'];
  const below = scatterPoints(model, contestant).filter(({ guess }) => guess < 0).length;
  return [
    legend([
      ...(['green', 'orange', 'red'] as const).map((kind) => ({
        mark: kind,
        text: t('{0}: {1}', count(classes[kind]), colourMeaning(kind, unit, model.state.run.graderOptions)),
      })),
      { mark: 'yx', text: t('y = x') },
    ]),
    [
      t('Drag to select rows.'),
      silent > 0
        ? tn(silent, '{0} reply without a number is not drawn.', '{0} replies without a number are not drawn.')
        : '',
      below > 0
        ? tn(below, '{0} estimate below 0 is drawn on the edge.', '{0} estimates below 0 are drawn on the edge.')
        : '',
    ]
      .filter(Boolean)
      .join(' '),
  ];
}
