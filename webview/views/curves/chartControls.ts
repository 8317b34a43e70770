import { t } from '../../../src/core/base/messages.ts';
import { SMOOTHINGS, type Smoothing } from '../../../src/core/training/curves/smoothing.ts';
import type { Scale } from '../../../src/core/training/curves/thinning.ts';
import type { Range } from '../../../src/core/training/curves/yRange.ts';
import { BEHIND, type Behind } from '../../charts/curves/curvePicture.ts';
import { checkbox, choice, numberInput, select } from '../../components.ts';
import { el, setAttribute, setText, show } from '../../dom.ts';
import { decimals, metric } from '../../format.ts';
import { popover } from '../../popover.ts';
import { smoothingRange, type FamilyView } from './curveState.ts';
import { behindName, smoothingHint, smoothingName } from './words.ts';

/** Controls of one chart: smoothing and the y axis; what is rarely changed is behind a button. */
export class ChartControls {
  readonly element: HTMLElement;
  readonly #onChange: (change: Partial<FamilyView>) => void;
  readonly #slider = el('input', { attributes: { type: 'range' } });
  readonly #sliderName = el('span');
  readonly #amount = el('output', { class: 'numeric' });
  readonly #smoothing: HTMLElement;
  readonly #yMin = numberInput(t('Lowest y'), '', () => {
    this.#readY();
  });
  readonly #yMax = numberInput(t('Highest y'), '', () => {
    this.#readY();
  });
  readonly #kind = select<Smoothing>(t('Smoothing'), (smoothing) => {
    this.#onChange({ smoothing, amount: smoothingRange(smoothing).first });
  });
  readonly #hint = el('p', { class: 'dim hint' });
  readonly #behind = select<Behind>(t('Behind the smoothed line'), (behind) => {
    this.#onChange({ behind });
  });
  readonly #yScale = choice<Scale>(t('Y axis'), (yScale) => {
    this.#onChange({ yScale });
  });
  readonly #ignore = checkbox(t('Ignore outliers in scaling'), false, () => {
    if (this.#ignore.checked() !== this.#view?.ignoreOutliers)
      this.#onChange({ ignoreOutliers: this.#ignore.checked() });
  });
  #view: FamilyView | null = null;

  constructor(title: string, onChange: (change: Partial<FamilyView>) => void) {
    this.#onChange = onChange;
    this.#slider.addEventListener('input', () => {
      onChange({ amount: Number(this.#slider.value) });
    });
    this.#smoothing = el('label', { class: 'control' }, [this.#sliderName, this.#slider, this.#amount]);
    const more = popover(t('View'), t('{0}: view', title), [
      field(t('Smoothing'), this.#kind.element),
      this.#hint,
      field(t('Behind the smoothed line'), this.#behind.element),
      field(t('Y axis'), this.#yScale.element),
      this.#ignore.element,
      el('p', { class: 'dim hint' }, [
        t(
          'Outliers lie more than three times the distance between the quartiles beyond them. They are marked at the edges.',
        ),
      ]),
    ]);
    this.element = el('div', { class: 'chart-head' }, [
      el('h2', {}, [title]),
      el('span', { class: 'grow' }),
      this.#smoothing,
      el('span', { class: 'control' }, [
        el('span', {}, [t('y from')]),
        this.#yMin.element,
        el('span', {}, [t('to')]),
        this.#yMax.element,
        more.element,
      ]),
    ]);
  }

  set(view: FamilyView): void {
    this.#view = view;
    const { least, most, step, digits } = smoothingRange(view.smoothing);
    show(this.#smoothing, view.smoothing !== 'none');
    setAttribute(this.#slider, 'min', least);
    setAttribute(this.#slider, 'max', most);
    setAttribute(this.#slider, 'step', step);
    setAttribute(this.#slider, 'aria-label', smoothingName(view.smoothing));
    this.#slider.value = String(view.amount);
    const amount = decimals(view.amount, digits);
    setAttribute(this.#slider, 'aria-valuetext', amount);
    setText(this.#sliderName, smoothingName(view.smoothing));
    setText(this.#amount, amount);
    setText(this.#hint, smoothingHint(view.smoothing));
    this.#kind.setOptions(
      SMOOTHINGS.map((value) => ({ value, label: smoothingName(value) })),
      view.smoothing,
    );
    this.#behind.setOptions(
      BEHIND.map((value) => ({ value, label: behindName(value) })),
      view.behind,
    );
    this.#yScale.setOptions(scaleOptions(), view.yScale);
    this.#ignore.setChecked(view.ignoreOutliers);
    this.#yMin.setValue(view.yMin === null ? '' : String(view.yMin));
    this.#yMax.setValue(view.yMax === null ? '' : String(view.yMax));
  }

  /** Shows the automatic ends of the y axis where none is typed. */
  setShown(y: Range): void {
    this.#yMin.setPlaceholder(metric(y.from));
    this.#yMax.setPlaceholder(metric(y.to));
  }

  /** Reads the bounds; an empty field takes them from the data. Text that is no number is put back. */
  #readY(): void {
    const yMin = parseBound(this.#yMin.value());
    const yMax = parseBound(this.#yMax.value());
    this.#onChange({ ...(yMin === undefined ? {} : { yMin }), ...(yMax === undefined ? {} : { yMax }) });
  }
}

export function scaleOptions(): readonly { readonly value: Scale; readonly label: string }[] {
  return [
    { value: 'linear', label: t('Linear') },
    { value: 'log', label: t('Logarithmic') },
  ];
}

export function field(label: string, control: HTMLElement): HTMLElement {
  return el('div', { class: 'field' }, [el('span', { attributes: { 'aria-hidden': 'true' } }, [label]), control]);
}

/** Reads a typed bound. Null: empty; undefined: not a number. */
export function parseBound(text: string): number | null | undefined {
  const trimmed = text.trim().replace('−', '-').replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}
