import { t, tn } from '../../../src/core/base/messages.ts';
import { roleOf, type Family } from '../../../src/core/training/curves/families.ts';
import { placeOf } from '../../../src/core/training/curves/xAxis.ts';
import type { Range } from '../../../src/core/training/curves/yRange.ts';
import { CurveChart } from '../../charts/curves/curveChart.ts';
import { shownOf, type ChartInput, type DrawnLine } from '../../charts/curves/curvePicture.ts';
import {
  lineId,
  LineMaker,
  nextX,
  readingsAt,
  type ChartRun,
  type Line,
  type Places,
} from '../../charts/curves/lines.ts';
import { lookOfMetric, lookOfRun, type LineLook } from '../../charts/curves/palette.ts';
import { axisTitle } from '../../charts/curves/tickLabels.ts';
import { el, setText, show } from '../../dom.ts';
import { metric as metricText } from '../../format.ts';
import { onThemeChange, readTheme, type ChartTheme } from '../../theme.ts';
import { visibleLine } from '../../visibleText.ts';
import { ChartControls } from './chartControls.ts';
import { familyViewOf, type CurveView, type FamilyView } from './curveState.ts';
import { FigureTable } from './figureTable.ts';
import { differenceText, tipContent, tipSentence, type TipInput } from './figureTip.ts';
import { Legend, type LegendLine } from './legend.ts';
import { familyTitle, metricLabel } from './words.ts';

export interface FamilyListeners {
  readonly onView: (family: Family, change: Partial<FamilyView>) => void;
  readonly onZoom: (x: Range | null, gesture: number) => void;
  readonly onUndo: () => void;
  readonly onHelp: () => void;
  readonly onCross: (x: number | null) => void;
  readonly onToggle: (ids: readonly string[], shown: boolean) => void;
  readonly onBaseline: (runId: string | null) => void;
}

export interface FamilyInput {
  readonly runs: readonly ChartRun[];
  readonly metrics: readonly string[];
  readonly view: CurveView;
  readonly extent: Range;
}

/** Chart of one family of metrics with its controls, its legend and its table. */
export class FamilyChart {
  readonly element: HTMLElement;
  readonly family: Family;
  readonly chart: CurveChart;
  readonly #title: string;
  readonly #places: Places;
  readonly #maker: LineMaker;
  readonly #controls: ChartControls;
  readonly #legend: Legend;
  readonly #note = el('p', { class: 'dim below-chart', attributes: { role: 'status' } });
  readonly #told = el('div', { class: 'visually-hidden', attributes: { role: 'status' } });
  readonly #table = new FigureTable();
  readonly #listeners: FamilyListeners;
  #input: FamilyInput | null = null;
  /** All lines, whether or not they are switched on. */
  #all: readonly DrawnLine[] = [];
  #drawn: readonly DrawnLine[] = [];
  #cross: number | null = null;

  constructor(family: Family, places: Places, listeners: FamilyListeners) {
    this.family = family;
    this.#places = places;
    this.#maker = new LineMaker(places);
    this.#listeners = listeners;
    this.#title = visibleLine(familyTitle(family));
    this.#controls = new ChartControls(this.#title, (change) => {
      listeners.onView(family, change);
    });
    this.#legend = new Legend({
      onToggle: (lines, shown) => {
        listeners.onToggle(
          lines.map(({ id }) => id),
          shown,
        );
      },
      onBaseline: listeners.onBaseline,
    });
    this.chart = new CurveChart({
      ...listeners,
      onStep: (move) => {
        this.#step(move);
      },
      tell: (x) => tipContent(this.#tip(x)),
      onDraw: ({ shown, outside }) => {
        this.#controls.setShown(shown.y);
        show(this.#note, outside > 0);
        setText(this.#note, tn(outside, '{0} point lies outside the y axis.', '{0} points lie outside the y axis.'));
      },
    });
    // Colors in the legend are read from the theme, too.
    onThemeChange(() => {
      if (this.#input) this.set(this.#input);
    });
    this.element = el('section', { class: 'curve-chart', attributes: { 'aria-label': this.#title } }, [
      this.#controls.element,
      this.chart.element,
      this.#legend.element,
      this.#note,
      this.#table.element,
      this.#told,
    ]);
  }

  get title(): string {
    return this.#title;
  }

  /** Lines that are switched on. */
  get lines(): readonly DrawnLine[] {
    return this.#drawn;
  }

  set(input: FamilyInput): void {
    this.#input = input;
    const { runs, metrics, view, extent } = input;
    const own = familyViewOf(view, this.family);
    const theme = readTheme();
    const choice = { kind: own.smoothing, amount: own.amount };
    const hidden = new Set(view.hidden);
    const lines = this.#maker.lines(runs, metrics, view.axis, choice, extent.to - extent.from);
    this.#all = lines.map((line) => ({ line, look: this.#look(line, theme), label: labelOf(line, runs, metrics) }));
    this.#drawn = this.#all.filter(({ line }) => !hidden.has(line.id));
    this.#controls.set(own);
    this.chart.set(this.#chartInput(input, own, theme), this.#title);
    this.#legend.set(this.#legendLines(input, theme, hidden), view.baseline, this.#title);
    show(this.#table.element, view.table);
    if (view.table) {
      this.#table.set(
        this.#drawn.map(({ line, label }) => ({ line, label })),
        view.axis,
        this.#title,
      );
    }
  }

  setCross(x: number | null): void {
    this.#cross = x;
    this.chart.setCross(x);
  }

  #chartInput({ runs, view, extent }: FamilyInput, own: FamilyView, theme: ChartTheme): ChartInput {
    const isOne = runs.length === 1;
    return {
      lines: this.#drawn,
      // Of several jobs they would be a thicket.
      marks: isOne ? runs.flatMap((run) => this.#marks(run, view)) : [],
      findings: isOne ? runs.flatMap((run) => this.#findings(run, view, theme)) : [],
      levels: this.#levels(runs, theme),
      axis: view.axis,
      xScale: view.xScale,
      extent,
      x: view.x,
      view: own,
      xTitle: axisTitle(view.axis),
      yTitle: this.#title,
    };
  }

  #marks(run: ChartRun, view: CurveView): readonly { x: number; label: string }[] {
    const map = this.#places.map(run, view.axis);
    if (!map) return [];
    const best = run.findings?.find(({ kind, series }) => kind === 'best' && this.#has(series));
    const marks = run.marks.map(({ step, label }) => ({
      x: placeOf(map, step),
      label: step === best?.step ? t('{0} · lowest', label) : label,
    }));
    if (best === undefined || run.marks.some(({ step }) => step === best.step)) return marks;
    return [...marks, { x: placeOf(map, best.step), label: t('lowest') }].sort((a, b) => a.x - b.x);
  }

  /** Bends and turns of the lines that are switched on. */
  #findings(run: ChartRun, view: CurveView, theme: ChartTheme): NonNullable<ChartInput['findings']> {
    const map = this.#places.map(run, view.axis);
    if (!map) return [];
    return (run.findings ?? []).flatMap(({ series, kind, step, between }) => {
      const drawn = this.#drawn.find(({ line }) => line.run.id === run.id && line.metric === series);
      if (drawn === undefined || kind === 'best') return [];
      return [
        {
          x: placeOf(map, step),
          between: between && ([placeOf(map, between[0]), placeOf(map, between[1])] as const),
          label: kind === 'turn' ? t('worse since {0}', step) : t('95% done by {0}', step),
          colour: drawn.look.colour || theme.line,
        },
      ];
    });
  }

  #has(metric: string): boolean {
    return this.#input?.metrics.includes(metric) === true;
  }

  /** Loss without looking at the prompts; of several jobs only where it is the same. */
  #levels(runs: readonly ChartRun[], theme: ChartTheme): ChartInput['levels'] {
    if (this.family !== 'loss') return [];
    const known = new Map(
      runs.flatMap(({ unconditional }) => (unconditional ? [[JSON.stringify(unconditional), unconditional]] : [])),
    );
    const [only] = known.values();
    if (!only || known.size > 1) return [];
    const label =
      only.role === 'train'
        ? t('training loss without looking at the prompts: {0}', metricText(only.loss))
        : t('validation loss without looking at the prompts: {0}', metricText(only.loss));
    return [{ value: only.loss, label, colour: runs.length === 1 ? theme[only.role] : theme.dim }];
  }

  #look(line: Line, theme: ChartTheme): LineLook {
    const runs = this.#input?.runs ?? [];
    const metrics = this.#input?.metrics ?? [];
    if (runs.length > 1) return lookOfRun(theme, line.role, runs.indexOf(line.run));
    const sameRole = metrics.filter((name) => roleOf(name) === line.role);
    const isOnly = sameRole.length === 1 && metrics.length <= 3;
    return lookOfMetric(theme, line.role, metrics.indexOf(line.metric), isOnly);
  }

  #legendLines(
    { runs, metrics, view }: FamilyInput,
    theme: ChartTheme,
    hidden: ReadonlySet<string>,
  ): readonly LegendLine[] {
    return runs.flatMap((run) =>
      metrics.map((metric): LegendLine => {
        const id = lineId(run, metric);
        const entry = this.#all.find(({ line }) => line.id === id);
        const last = entry?.line.shown.at(-1);
        const base = this.#all.find(({ line }) => line.id === `${view.baseline ?? ''} ${metric}`)?.line.shown.at(-1);
        const isCompared = last !== undefined && base !== undefined && run.id !== view.baseline;
        return {
          id,
          runId: run.id,
          runName: run.name,
          metric,
          label: visibleLine(metricLabel(metric)),
          look: entry?.look ?? lookOfMetric(theme, roleOf(metric), 0, true),
          value: last === undefined ? null : metricText(last),
          difference: isCompared ? differenceText(last, base) : '',
          isShown: entry !== undefined && !hidden.has(id),
        };
      }),
    );
  }

  #tip(x: number): TipInput {
    const reach = Math.abs(this.chart.xBeyond(x, 10) - x);
    return {
      x,
      axis: this.#input?.view.axis ?? 'step',
      readings: readingsAt(
        this.#drawn.map(({ line }) => line),
        x,
        reach,
      ),
      drawn: this.#drawn,
      baseline: this.#input?.view.baseline ?? null,
    };
  }

  #step(move: 'next' | 'previous' | 'far-next' | 'far-previous' | 'first' | 'last'): void {
    if (!this.#input) return;
    const { from, to } = shownOf({ x: this.#input.view.x, extent: this.#input.extent });
    const lines = this.#drawn.map(({ line }) => line);
    const far = this.chart.size.width / 10;
    const cross = this.#cross;
    const x =
      move === 'first' || (cross === null && move.endsWith('next'))
        ? nextX(lines, from, 1)
        : move === 'last' || cross === null
          ? nextX(lines, to, -1)
          : move.endsWith('next')
            ? // A pixel further at least: a point that looks the same would be no step.
              nextX(lines, this.chart.xBeyond(cross, move === 'next' ? 1 : far), 1)
            : nextX(lines, this.chart.xBeyond(cross, move === 'previous' ? -1 : -far), -1);
    if (x === null || x < from || x > to) return;
    this.#listeners.onCross(x);
    this.chart.tellAt(x);
    setText(this.#told, tipSentence(this.#tip(x)));
  }
}

/** Of several jobs with the job's name; the metric alone where the chart has one only is clear enough. */
function labelOf(line: Line, runs: readonly ChartRun[], metrics: readonly string[]): string {
  const metric = visibleLine(metricLabel(line.metric));
  if (runs.length === 1) return metric;
  const name = visibleLine(line.run.name);
  return metrics.length === 1 ? name : t('{0}: {1}', name, metric);
}
