import { t } from '../../../src/core/base/messages.ts';
import { familiesOf, type Family } from '../../../src/core/training/curves/families.ts';
import type { Scale } from '../../../src/core/training/curves/thinning.ts';
import { X_AXES, type XAxis } from '../../../src/core/training/curves/xAxis.ts';
import type { Range } from '../../../src/core/training/curves/yRange.ts';
import { ZoomHistory } from '../../charts/curves/navigate.ts';
import { axesOf, extentOf, Places, type ChartRun } from '../../charts/curves/lines.ts';
import { button, choice, numberInput, select } from '../../components.ts';
import { el, setText } from '../../dom.ts';
import { metric } from '../../format.ts';
import { popover } from '../../popover.ts';
import { field, parseBound, scaleOptions } from './chartControls.ts';
import { familyViewOf, readCurveView, type CurveView, type FamilyView } from './curveState.ts';
import { csvOf, pngCanvas, svgText } from './curveExport.ts';
import { FamilyChart, type FamilyListeners } from './familyChart.ts';
import { axisName } from './words.ts';

export interface CurveExport {
  readonly format: 'png' | 'svg' | 'csv';
  /** Base64 of a picture in PNG, text otherwise. */
  readonly data: string;
}

export interface CurveSectionListeners {
  /** The view changed and is to be kept. */
  readonly save: (view: CurveView) => void;
  readonly onExport: (file: CurveExport) => void;
}

/**
 * Charts of one job or several: one a family of metrics, under one another, which share their x axis, its zoom and the crosshair. Place
 * for the sentences above them: `verdicts`.
 */
export class CurveSection {
  readonly element: HTMLElement;
  readonly verdicts = el('div', { class: 'verdicts' });
  readonly #listeners: CurveSectionListeners;
  readonly #places = new Places();
  readonly #history = new ZoomHistory();
  readonly #charts = new Map<Family, FamilyChart>();
  readonly #stack = el('div', { class: 'curve-stack' });
  readonly #axis = select<XAxis>(t('X axis'), (axis) => {
    this.#history.clear();
    this.#change({ axis, x: null });
  });
  readonly #xScale = choice<Scale>(t('Scale of the x axis'), (xScale) => {
    this.#change({ xScale });
  });
  readonly #xFrom = numberInput(t('Lowest x'), '', () => {
    this.#readX();
  });
  readonly #xTo = numberInput(t('Highest x'), '', () => {
    this.#readX();
  });
  readonly #xMenu = popover('', t('X axis'), [
    field(t('X axis'), this.#axis.element),
    field(t('Scale'), this.#xScale.element),
    el('div', { class: 'field' }, [
      el('span', {}, [t('x from')]),
      el('span', { class: 'control' }, [this.#xFrom.element, el('span', {}, [t('to')]), this.#xTo.element]),
    ]),
  ]);
  readonly #undo = button(t('Undo Zoom'), 'secondary', () => {
    this.#undoZoom();
  });
  readonly #reset = button(t('Reset'), 'secondary', () => {
    this.#resetView();
  });
  readonly #table = button(t('Table'), 'secondary', () => {
    this.#change({ table: !this.#view.table });
  });
  readonly #copied = el('span', { class: 'dim', attributes: { role: 'status' } });
  readonly #exports = popover(t('Export'), t('Export'), this.#exportButtons());
  readonly #help = popover(t('Keys'), t('Keys of the charts'), [keyTable()]);
  #runs: readonly ChartRun[] = [];
  #view: CurveView;

  /** `saved`: what `save` got before a reload, or what is kept with the job; untrusted. */
  constructor(saved: unknown, listeners: CurveSectionListeners) {
    this.#listeners = listeners;
    this.#view = readCurveView(saved);
    const toolbar = el('div', { class: 'toolbar curve-toolbar' }, [
      this.#xMenu.element,
      this.#undo.element,
      this.#reset.element,
      el('span', { class: 'grow' }),
      this.#copied,
      this.#table.element,
      this.#exports.element,
      this.#help.element,
    ]);
    this.element = el('div', { class: 'curve-section' }, [this.verdicts, toolbar, this.#stack]);
  }

  /** Replaces the view, as the one that is kept with the job. */
  setView(saved: unknown): void {
    this.#view = readCurveView(saved);
    this.#history.clear();
    this.#render();
  }

  update(runs: readonly ChartRun[]): void {
    this.#runs = runs;
    this.#render();
  }

  #change(change: Partial<CurveView>): void {
    this.#view = { ...this.#view, ...change };
    this.#listeners.save(this.#view);
    this.#render();
  }

  #render(): void {
    const axes = axesOf(this.#runs, X_AXES);
    // What a job does not know cannot be its axis; the choice is kept for when it does.
    const axis = axes.includes(this.#view.axis) ? this.#view.axis : 'step';
    const view: CurveView = axis === this.#view.axis ? this.#view : { ...this.#view, axis, x: null };
    const extent = extentOf(this.#runs, view.axis, view.xScale, this.#places);
    const families = familiesOf([...new Set(this.#runs.flatMap(({ curve }) => curve.names))]);
    let previous: Element | null = null;
    for (const [family, metrics] of families) {
      const chart = this.#chartOf(family);
      chart.set({ runs: this.#runs, metrics, view, extent });
      const next: Element | null = previous === null ? this.#stack.firstElementChild : previous.nextElementSibling;
      if (next !== chart.element) this.#stack.insertBefore(chart.element, next);
      previous = chart.element;
    }
    for (const [family, chart] of this.#charts) {
      if (families.has(family)) continue;
      chart.element.remove();
      this.#charts.delete(family);
    }
    this.#drawToolbar(view, axes, extent);
  }

  #chartOf(family: Family): FamilyChart {
    let chart = this.#charts.get(family);
    if (!chart) {
      chart = new FamilyChart(family, this.#places, this.#chartListeners());
      this.#charts.set(family, chart);
    }
    return chart;
  }

  #chartListeners(): FamilyListeners {
    return {
      onView: (family, change) => {
        const own = familyViewOf(this.#view, family);
        this.#change({ charts: { ...this.#view.charts, [family]: { ...own, ...change } } });
      },
      onZoom: (x, gesture) => {
        this.#zoomTo(x, gesture);
      },
      onUndo: () => {
        this.#undoZoom();
      },
      onHelp: () => {
        this.#help.open();
      },
      onCross: (x) => {
        for (const chart of this.#charts.values()) chart.setCross(x);
      },
      onToggle: (ids, shown) => {
        const others = this.#view.hidden.filter((id) => !ids.includes(id));
        this.#change({ hidden: shown ? others : [...others, ...ids] });
      },
      onBaseline: (baseline) => {
        this.#change({ baseline });
      },
    };
  }

  #zoomTo(x: Range | null, gesture: number): void {
    const before = this.#view.x;
    if (before?.from === x?.from && before?.to === x?.to) return;
    this.#history.push(before, gesture);
    this.#change({ x });
  }

  #undoZoom(): void {
    const before = this.#history.pop();
    if (before !== undefined) this.#change({ x: before });
  }

  /** Shows everything: x, and the y axes by their values. Smoothing and scales stay. */
  #resetView(): void {
    this.#history.push(this.#view.x, Number.NaN);
    const charts = Object.entries(this.#view.charts).map(([family, view]): [string, FamilyView] => [
      family,
      { ...view, yMin: null, yMax: null },
    ]);
    this.#change({ x: null, charts: Object.fromEntries(charts) });
  }

  #readX(): void {
    const from = parseBound(this.#xFrom.value());
    const to = parseBound(this.#xTo.value());
    const extent = extentOf(this.#runs, this.#view.axis, this.#view.xScale, this.#places);
    const [low, high] = [from ?? extent.from, to ?? extent.to];
    const isRange = from !== undefined && to !== undefined && high > low;
    if (!isRange) this.#render();
    else this.#zoomTo(from === null && to === null ? null : { from: low, to: high }, Number.NaN);
  }

  #drawToolbar(view: CurveView, axes: readonly XAxis[], extent: Range): void {
    this.#xMenu.setLabel(
      view.xScale === 'log' ? t('X: {0}, logarithmic', axisName(view.axis)) : t('X: {0}', axisName(view.axis)),
    );
    this.#axis.setOptions(
      axes.map((value) => ({ value, label: axisName(value) })),
      view.axis,
    );
    this.#xScale.setOptions(scaleOptions(), view.xScale);
    this.#xFrom.setPlaceholder(metric(extent.from));
    this.#xTo.setPlaceholder(metric(extent.to));
    // An end of the whole axis is the one that is offered: nothing is typed there.
    const typed = (value: number | undefined, end: number): string =>
      value === undefined || value === end ? '' : String(Number(value.toPrecision(7)));
    this.#xFrom.setValue(typed(view.x?.from, extent.from));
    this.#xTo.setValue(typed(view.x?.to, extent.to));
    this.#undo.setEnabled(!this.#history.isEmpty);
    const isChanged =
      view.x !== null || Object.values(view.charts).some(({ yMin, yMax }) => yMin !== null || yMax !== null);
    this.#reset.setEnabled(isChanged);
    this.#table.setPressed(view.table);
  }

  #exportButtons(): readonly HTMLElement[] {
    const charts = (): readonly FamilyChart[] =>
      [...this.#stack.children].flatMap((element) =>
        [...this.#charts.values()].filter((chart) => chart.element === element),
      );
    const item = (label: string, act: () => void): HTMLElement =>
      button(label, 'secondary', () => {
        this.#exports.close();
        act();
      }).element;
    const post = (format: CurveExport['format'], data: string): void => {
      this.#listeners.onExport({ format, data });
    };
    return [
      item(t('Save as PNG…'), () => {
        post(
          'png',
          pngCanvas(charts())
            .toDataURL('image/png')
            .replace(/^data:image\/png;base64,/, ''),
        );
      }),
      item(t('Save as SVG…'), () => {
        post('svg', svgText(charts()));
      }),
      item(t('Save as CSV…'), () => {
        post('csv', csvOf(charts()));
      }),
      item(t('Copy Picture'), () => {
        const blob = new Promise<Blob>((resolve, reject) => {
          pngCanvas(charts()).toBlob((made) => {
            if (made) resolve(made);
            else reject(new Error('The canvas gave no picture.'));
          }, 'image/png');
        });
        void this.#copy(() => navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]));
      }),
      item(t('Copy as CSV'), () => {
        void this.#copy(() => navigator.clipboard.writeText(csvOf(charts())));
      }),
    ];
  }

  async #copy(write: () => Promise<void>): Promise<void> {
    try {
      await write();
      setText(this.#copied, t('copied'));
    } catch {
      setText(this.#copied, t('The clipboard refused it. Save it instead.'));
    }
  }
}

/** Keys of a chart that has the focus, and the same by mouse. */
function keyTable(): HTMLElement {
  const rows: readonly (readonly [string, string])[] = [
    [t('drag'), t('zoom to a range')],
    [t('wheel, + and −'), t('zoom')],
    [t('Shift + drag, middle button, Shift + ← →'), t('move the view')],
    [t('U'), t('undo a zoom step')],
    [t('double-click, 0'), t('show everything')],
    [t('← →'), t('move the crosshair')],
    [t('Page Up, Page Down'), t('move the crosshair by a tenth')],
    [t('Home, End'), t('crosshair to the first or last point in view')],
    [t('Esc'), t('hide the crosshair')],
  ];
  return el('table', { class: 'keys', attributes: { 'aria-label': t('Keys of the charts') } }, [
    el(
      'tbody',
      {},
      rows.map(([keys, what]) =>
        el('tr', {}, [el('th', { attributes: { scope: 'row' } }, [keys]), el('td', {}, [what])]),
      ),
    ),
  ]);
}
