import { listOf, t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import type { DataCurve } from '../../src/core/dataset/dataCurve/dataCurve.ts';
import type { HardRow, MoreData, NearRow } from '../../src/core/dataset/dataCurve/moreData.ts';
import { curveCaveat, errorText, rangeText } from '../../src/core/dataset/dataCurve/sentences.ts';
import { formatDuration } from '../../src/core/training/words/describe.ts';
import type { ModelPoints } from '../../src/core/dataset/dataCurve/modelPoints.ts';
import type { MoreDataState, PointsProgress } from '../../src/protocol/moreDataState.ts';
import { DataCurveChart, type Shown } from '../charts/dataCurveChart.ts';
import { markText } from '../charts/modelMarks.ts';
import { linkButton } from '../components.ts';
import { el, setAttribute, setChildren, setText, show, type Child } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import { ModelPointsPart } from './modelPointsPart.ts';
import { dim, table, titled, type Post } from './reportParts.ts';

/** Seconds above which a measurement says beforehand how long it takes. */
const LONG = 20;

/** *Would more data help?*: asked for by a button; then the sentence, the curve with its table, and the hardest rows. */
export class MoreDataSection {
  readonly element: HTMLElement;
  readonly #post: Post;
  readonly #about = el('p', { class: 'dim' });
  readonly #bar = el('progress', { attributes: { max: 1, 'aria-label': t('Measuring') } });
  readonly #progressText = el('span', { class: 'dim numeric' });
  readonly #progress: HTMLElement;
  readonly #problem = el('p', { class: 'field-problem', attributes: { role: 'alert' } });
  readonly #ask: HTMLButtonElement;
  readonly #sentences = el('div', { attributes: { role: 'status' } });
  readonly #chart: DataCurveChart;
  readonly #curvePlace: HTMLElement;
  readonly #tablePlace = el('div', { class: 'curve-table' });
  readonly #caveat = el('p', { class: 'caption' });
  readonly #hardest = el('section', { attributes: { 'aria-label': t('Hardest rows') } });
  readonly #points: ModelPointsPart;
  #drawn = '';
  #drawnCurve = '';
  #curve: DataCurve | null = null;

  constructor(post: Post) {
    this.#post = post;
    this.#points = new ModelPointsPart(post);
    this.#chart = new DataCurveChart(({ point: { rows, error }, of }) => [
      ...(typeof of === 'string' ? [] : [visibleLine(of.model)]),
      tn(rows, '{0} row trained on', '{0} rows trained on'),
      this.#valueText(of, error.value),
      t('90 % interval: {0}', rangeText(this.#curve?.kind ?? 'numbers', error)),
    ]);
    this.#ask = linkButton('', () => {
      post({ type: 'measureMoreData' });
    });
    this.#progress = el('div', { class: 'progress' }, [
      this.#bar,
      this.#progressText,
      linkButton(t('Cancel'), () => {
        post({ type: 'stopMoreData' });
      }),
    ]);
    this.#curvePlace = el('div', { class: 'halves beside' }, [
      el('div', {}, [
        this.#chart.element,
        el('p', { class: 'caption' }, [
          t(
            'Points: measured errors with their 90 % intervals. Line: the fitted power law with its band, dashed to twice the rows.',
          ),
        ]),
        this.#points.legend,
        this.#caveat,
      ]),
      this.#tablePlace,
    ]);
    this.element = el('section', { class: 'more-data', attributes: { 'aria-label': t('Would more data help?') } }, [
      titled(t('Would more data help?'), this.#ask),
      this.#about,
      this.#problem,
      this.#progress,
      this.#sentences,
      this.#curvePlace,
      this.#points.element,
      this.#hardest,
    ]);
  }

  setProgress(fraction: number): void {
    this.#bar.value = fraction;
    setText(this.#progressText, t('training on parts of the rows, {0}%', Math.floor(fraction * 100)));
  }

  setPointsProgress(progress: PointsProgress): void {
    this.#points.setProgress(progress);
  }

  update(state: MoreDataState): void {
    const { status, moreData, problem, points } = state;
    const isMeasuring = status === 'measuring';
    show(this.element, state.seconds !== null);
    setText(this.#about, aboutText(state));
    show(this.#about, moreData === null);
    show(this.#progress, isMeasuring);
    this.setProgress(state.progress);
    // Measuring again would end the trainings of the points.
    show(this.#ask, !isMeasuring && points.status !== 'measuring');
    setText(this.#ask, status === 'none' ? t('Measure') : t('Measure Again'));
    show(this.#problem, status === 'failed' || status === 'canceled');
    setText(
      this.#problem,
      status === 'canceled'
        ? t('The measurement was canceled.')
        : problem
          ? `${problem.message} ${problem.action}`
          : '',
    );
    this.#points.update(state);
    this.#drawCurve(moreData?.curve ?? null, points.models);
    const signature = JSON.stringify(moreData);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    this.#draw(moreData);
  }

  #drawCurve(curve: DataCurve | null, models: readonly ModelPoints[]): void {
    const signature = JSON.stringify([curve, models]);
    if (signature === this.#drawnCurve) return;
    this.#drawnCurve = signature;
    this.#curve = curve;
    show(this.#curvePlace, curve !== null);
    if (curve === null) return;
    this.#chart.setData(curve, models, chartLabel(curve, models));
    setText(this.#caveat, curveCaveat());
    setChildren(this.#tablePlace, [curveTable(curve, models)]);
  }

  #draw(moreData: MoreData | null): void {
    const [first = '', ...others] = moreData?.sentences ?? [];
    setChildren(
      this.#sentences,
      moreData === null
        ? []
        : [el('p', { class: 'verdict-line' }, [first]), ...others.map((text) => el('p', { class: 'dim' }, [text]))],
    );
    show(this.#hardest, (moreData?.hardest.length ?? 0) > 0);
    setChildren(this.#hardest, moreData === null ? [] : hardestSection(this.#post, moreData.hardest));
  }

  #valueText(of: Shown['of'], error: number): string {
    const figure = errorText(this.#curve?.kind ?? 'numbers', error);
    return of === 'expected' ? t('expected: {0}', figure) : t('measured: {0}', figure);
  }
}

function aboutText({ validation, seconds }: MoreDataState): string {
  const how =
    validation === null
      ? t(
          'Trains the linear baseline of this machine on an eighth of the rows up to all, and tests it on rows that it has not seen.',
        )
      : t(
          'Trains the linear baseline of this machine on an eighth of the rows up to all, and tests it on {0}.',
          validation,
        );
  if (seconds === null || seconds <= LONG) return how;
  return `${how} ${t('This takes about {0}.', formatDuration(Math.ceil(seconds / 60) * 60))}`;
}

function chartLabel({ points, band, kind }: DataCurve, models: readonly ModelPoints[]): string {
  const first = points[0];
  const last = points.at(-1);
  const curve = t(
    'Error by rows trained on: {0} at {1}, {2} at {3}, and the fitted curve to {4} rows. The arrow keys go through its points.',
    errorText(kind, first?.error.value ?? 0),
    first?.rows ?? 0,
    errorText(kind, last?.error.value ?? 0),
    last?.rows ?? 0,
    band.at(-1)?.rows ?? 0,
  );
  if (models.length === 0) return curve;
  return `${curve} ${t('The points of {0} come after those of the curve.', listOf(models.map(({ model }) => model)))}`;
}

function curveTable(
  { points, doubled, law, kind, tested, crossValidated }: DataCurve,
  models: readonly ModelPoints[],
): HTMLElement {
  const last = points.at(-1)?.rows ?? 0;
  const rows: (readonly Child[])[] = points.map(({ rows: size, error }) => [
    count(size),
    errorText(kind, error.value),
    rangeText(kind, error),
  ]);
  if (law !== null)
    rows.push([
      el('span', {}, [count(2 * last), ' ', dim(t('expected'))]),
      errorText(kind, doubled.value),
      rangeText(kind, doubled),
    ]);
  for (const [index, { model, points: measured }] of models.entries()) {
    const { text, className } = markText(index);
    const mark = el('span', { class: className, attributes: { 'aria-hidden': 'true' } }, [text]);
    for (const { rows: size, error } of measured)
      rows.push([
        el('span', {}, [count(size), ' ', mark.cloneNode(true), ' ', dim(visibleLine(model))]),
        errorText(kind, error.value),
        rangeText(kind, error),
      ]);
  }
  return el('div', {}, [
    table(
      t('Error by rows trained on'),
      [
        { title: t('rows trained on') },
        { title: kind === 'numbers' ? t('mean error') : t('wrong'), number: true },
        { title: t('90 % interval'), number: true },
      ],
      rows,
    ),
    el('p', { class: 'caption' }, [
      crossValidated
        ? tn(
            tested,
            'Tested on {0} row by cross-validation: each model has not seen the rows that it is tested on.',
            'Tested on {0} rows by cross-validation: each model has not seen the rows that it is tested on.',
          )
        : tn(tested, 'Tested on {0} row of the validation file.', 'Tested on {0} rows of the validation file.'),
    ]),
  ]);
}

function hardestSection(post: Post, hardest: readonly HardRow[]): readonly Child[] {
  const hasDistance = hardest.some(({ distance }) => distance !== null);
  return [
    el('h3', {}, [t('Hardest rows')]),
    el('p', { class: 'dim' }, [
      t('Rows that the model trained on the most rows gets most wrong, and the most similar rows that train.'),
    ]),
    table(
      t('Hardest rows'),
      [
        { title: t('line') },
        { title: t('question') },
        { title: t('answer') },
        { title: t('the model says') },
        ...(hasDistance ? [{ title: t('error'), number: true }] : []),
        { title: t('nearest training rows') },
      ],
      hardest.map((row, place) => [
        rowLink(post, row.line, place, null),
        oneLine(row.title),
        oneLine(row.answer),
        oneLine(row.said),
        ...(hasDistance ? [row.distance === null ? '' : errorText('numbers', row.distance)] : []),
        el(
          'div',
          {},
          row.near.map((near, at) => nearLine(post, near, place, at)),
        ),
      ]),
    ),
  ];
}

function nearLine(post: Post, near: NearRow, place: number, at: number): HTMLElement {
  return el('div', { class: 'near-row' }, [
    rowLink(post, near.line, place, at),
    ' ',
    oneLine(t('{0}: {1}', visibleLine(near.title), visibleLine(near.answer))),
  ]);
}

function rowLink(post: Post, line: number, row: number, near: number | null): HTMLElement {
  const link = linkButton(count(line), () => {
    post({ type: 'showHardRow', row, near });
  });
  link.classList.add('numeric');
  setAttribute(link, 'title', t('Go to line {0}', line));
  return link;
}

function oneLine(text: string): HTMLElement {
  return el('span', { class: 'one-line', attributes: { title: visibleLine(text) } }, [visibleLine(text)]);
}
